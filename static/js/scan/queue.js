// Scans on their way to the server: kept until answered, sent one at a time and in order, safe to send twice.
// `store` keeps rows over reloads (store.js; a Map in tests). `send(row)` resolves to an answer or throws.
// A thrown error with `final` true means the server refused this scan for good: it is dropped and reported.
const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });
const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 5000;

// The work that a scan left its station with: what was scanned after it is for that.
const workOf = ({ task }, row) => (task && task.station === row.station ? task.id : row.task);

export class Queue {
  #running = false;
  #waker = null;

  constructor({ store, send, onAnswer, onRefused = () => {}, onState = () => {}, pause = wait, lock = (work) => work() }) {
    Object.assign(this, { store, send, onAnswer, onRefused, onState, pause, lock });
  }

  async add(facts) {
    const row = await this.store.append(facts);
    this.work();
    return row;
  }

  // Scans not yet answered, oldest first.
  pending() { return this.store.all(); }

  // Try again now: the network is back, or the person came back to the page.
  wake() { this.#waker?.(); this.work(); }

  work() {
    if (this.#running) return this.#running;
    this.#running = Promise.resolve(this.lock(() => this.#drain())).finally(() => { this.#running = false; });
    return this.#running.then(async () => { if ((await this.store.all()).length && !this.#running) await this.work(); });
  }

  async #drain() {
    let failures = 0;
    for (let row = await this.store.first(); row; row = await this.store.first()) {
      try {
        const answer = await this.send(row);
        await this.store.remove(row, workOf(answer, row));
        failures = 0;
        await this.onAnswer(row, answer);
      } catch (problem) {
        if (problem?.final) {
          await this.store.remove(row);
          await this.onRefused(row, problem);
          continue;
        }
        failures += 1;
        this.onState({ failures, problem });
        await this.#rest(Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE));
      }
    }
    this.onState({ failures: 0 });
  }

  async #rest(ms) {
    await Promise.race([this.pause(ms), new Promise((done) => { this.#waker = done; })]);
    this.#waker = null;
  }
}
