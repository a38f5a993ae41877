// Where the person is: from everything down to what is shown, and the time that was dragged over. Each part leads back to it.
import { Button } from "react-aria-components";
import { Chevron, Cross } from "../../parts/icons.tsx";
import { text } from "../../text.ts";
import type { Step } from "./look.ts";
import { rowName } from "./words.ts";

const words = text.history;

type Props = {
  trail: readonly Step[];
  /** The part of the time that was chosen, in words. */
  time: string | null;
  back: (steps: number) => void;
  wholeTime: () => void;
};

export function Trail({ trail, time, back, wholeTime }: Props) {
  return (
    <nav className="trail" aria-label={words.trail}>
      {trail.length > 0 && (
        <ol>
          <li>
            <Button className="link" onPress={() => back(0)}>
              {words.everything}
            </Button>
          </li>
          {trail.map(({ by, row }, at) => {
            const name = rowName(by, row);
            return (
              <li key={by}>
                <Chevron />
                {at === trail.length - 1 ? (
                  <bdi className="line trail-here" aria-current="page">
                    {name}
                  </bdi>
                ) : (
                  <Button className="link line" onPress={() => back(at + 1)}>
                    <bdi>{name}</bdi>
                  </Button>
                )}
              </li>
            );
          })}
        </ol>
      )}
      {time !== null && (
        <Button className="button time-chip" aria-label={words.wholeTime(time)} onPress={wholeTime}>
          {time}
          <Cross />
        </Button>
      )}
    </nav>
  );
}
