// An open screen keeps its claim, and learns of a hold or a cancellation without a scan (docs/scanning.md).
import { currentTask, token } from "./engine.js";
import * as feedback from "./feedback.js";

const TIMEOUT = 4000;
let told = "";

async function ask(task) {
  const answer = await fetch("/scan/beat/", {
    method: "POST", headers: { "X-CSRFToken": token() }, body: new URLSearchParams({ task }), redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT),
  });
  return answer.ok ? (await answer.json()).stop : told;
}

async function beat() {
  const { id } = currentTask();
  if (!id || document.hidden || !navigator.onLine) return;
  // No answer is no news: the scans say when the network is away.
  const stop = await ask(id).catch(() => told);
  if (stop && stop !== told && id === currentTask().id) feedback.show({ verdict: "stop", message: stop });
  told = stop;
}

export const beatEvery = (seconds) => setInterval(beat, seconds * 1000);
