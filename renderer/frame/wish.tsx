// Asked when an entry of the tray's menu would let more through: any program of the session can press there, and only a press here counts.
import { create } from "zustand";
import type { Update, Wish } from "../../contract/bridge.ts";
import { Confirm } from "../parts/confirm.tsx";
import { useDeadTime } from "../prompt/dead-time.ts";
import { useKnown } from "../store.ts";
import { text } from "../text.ts";
import { change } from "./standing.ts";

const words = text.frame;

/** `count`: a wish that comes in the place of another has a moment of its own. */
const useWish = create<{ wish: Wish | null; count: number }>()(() => ({ wish: null, count: 0 }));

export function takeWish(update: Update): void {
  if (update.kind !== "wish") return;
  const { wish } = update;
  // What is so already needs no consent.
  if (wish.method === "mode.set" && useKnown.getState().status?.mode === wish.params.mode) return;
  useWish.setState(({ count }) => ({ wish, count: count + 1 }));
}

export function WishDialog() {
  const { wish, count } = useWish();
  return wish && <Asked wish={wish} count={count} />;
}

function Asked({ wish, count }: { wish: Wish; count: number }) {
  // It came up by itself, perhaps below the pointer of somebody who was about to press something else.
  const { mayAct } = useDeadTime(String(count));
  const close = () => useWish.setState({ wish: null });
  const { title, subject, body, yes } = wordsOf(wish);
  return (
    <Confirm
      isOpen
      title={title}
      subject={<strong>{subject}</strong>}
      body={`${body} ${words.wish.why}`}
      yes={{
        word: yes,
        act: () => {
          if (!mayAct()) return;
          close();
          void change(wish.method, wish.params);
        },
      }}
      no={{ word: words.wish.no, act: close }}
    />
  );
}

function wordsOf(wish: Wish): { title: string; subject: string; body: string; yes: string } {
  if (wish.method === "mode.set") {
    const { name, what } = words.modes[wish.params.mode];
    return { title: words.wish.mode, subject: name, body: what, yes: words.wish.yes["mode.set"] };
  }
  if (wish.method === "pause") {
    const length = words.pause.lengths[wish.params.for as keyof typeof words.pause.lengths] ?? "";
    return { title: words.wish.pause, subject: length, body: words.pause.what, yes: words.wish.yes.pause };
  }
  const { title, end } = words.lockdown;
  return { title: words.wish.lockdown, subject: title, body: words.wish.normal, yes: end };
}
