// Starts, asks and ends the bench's helper processes. A helper that does not answer in time fails the bench.
import { fork } from "node:child_process";
import { join } from "node:path";

const answerMillisecondsMax = 180_000;

/** Starts `scripts/bench/<name>.mjs`; `ready` is its first message, `ask` sends a question and waits for the answer. */
export async function startHelper(name, ...given) {
  const child = fork(join(import.meta.dirname, `${name}.mjs`), given, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const answers = new Map();
  let calls = 0;
  const ready = await new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error(`the bench's ${name} ended while starting`)));
    child.on("message", (message) => {
      if ("ready" in message) resolve(message.ready);
      else answers.get(message.id)?.(message.answer);
    });
  });
  return {
    ready,
    pid: child.pid,
    ask(question) {
      const id = ++calls;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`the bench's ${name} did not answer`)), answerMillisecondsMax);
        answers.set(id, (answer) => {
          clearTimeout(timer);
          answers.delete(id);
          resolve(answer);
        });
        child.send({ ...question, id });
      });
    },
    stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      return ended;
    },
  };
}
