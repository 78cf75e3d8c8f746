import { describe, expect, it } from "vitest";
import { wordOf } from "../../src/inbound/words.ts";

describe("a keyword", () => {
  it.each([
    ["STOP", "stop"], ["stop", "stop"], ["  Stop. ", "stop"], ["stop!!!", "stop"], ["'STOP'", "stop"], ["Unsubscribe", "stop"],
    ["OPT OUT", "stop"], ["opt-out", "stop"], ["Stopio", "stop"], ["STOPIWCH", "stop"], ["dim mwy", "stop"], ["arrêt", "stop"],
    ["STOPALL", "stop_all"], ["Stop all", "stop_all"], ["stop popeth", "stop_all"], ["START", "start"], ["un-stop", null],
    ["UNSTOP", "start"], ["Dechrau", "start"], ["HELP", "help"], ["help?", "help"], ["Cymorth", "help"], ["ＳＴＯＰ", "stop"], ["\u200eST\u200bOP\u2069", "stop"],
  ] as const)("%j is %s", (text, word) => {
    expect(wordOf(text)).toBe(word);
  }); // prettier-ignore

  it.each([
    "Stop by at six", "please stop", "stop it", "Don't stop", "I can't start the car", "helpful", "the end", "STOP STOP",
    "Can you help me?", "start at nine", "", "?", "stopover", "Stop. Call me on the way", "Peidiwch â phoeni",
  ])("%j is a sentence and no keyword", (text) => {
    expect(wordOf(text)).toBeNull();
  }); // prettier-ignore

  it("a long text is not examined", () => {
    expect(wordOf(`stop${" ".repeat(5_000)}`)).toBeNull();
  });
});
