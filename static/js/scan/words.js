// What the scan screens say by themselves. A page may put other words in <script type="application/json" id="scan-words">.
export const words = {
  cut: "That scan was cut short. Scan again",
  wrong: "You scanned {code}. That is not needed here",
  unknown: "We do not know the code {code}. Scan again, or ask your lead to link it",
  extra: "That is one too many. Put it back",
  tooMany: "Only {left} left. This counts {units}",
  caseOf: "Case of {units}.",
  offline: "Offline. {count} scans waiting. You can go on with this list",
  offlineOne: "Offline. 1 scan waiting. You can go on with this list",
  slow: "The server has not answered yet. {count} scans waiting",
  refused: "The server could not read this scan: {error}",
  signedOut: "You were signed out. Sign in again; your scans are kept",
  forbidden: "You may not do this. Ask your lead",
  ok: "OK",
  corrected: "The server corrected this screen",
};

export const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
