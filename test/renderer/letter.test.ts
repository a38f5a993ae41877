// Which letter a key has, on keyboards of several layouts.
import { expect, test } from "vitest";
import { letterOf } from "../../renderer/prompt/letter.ts";

test.each([
  ["QWERTY", "a", "KeyA", "a"],
  ["AZERTY", "a", "KeyQ", "a"],
  ["AZERTY", "q", "KeyA", "q"],
  ["Dvorak", "b", "KeyN", "b"],
  ["with Caps Lock", "Z", "KeyZ", "z"],
  ["Cyrillic", "ф", "KeyA", "a"],
  ["Greek", "β", "KeyB", "b"],
  ["no letter", "1", "Digit1", null],
  ["no letter", "Escape", "Escape", null],
])("%s: %s of %s is %s", (_, key, code, letter) => {
  expect(letterOf({ key, code })).toBe(letter);
});
