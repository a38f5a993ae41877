// What narrows the monitor, and in which order it is.
import { ToggleButton } from "react-aria-components";
import type { Filter, Order } from "../../../contract/monitor.ts";
import type { Direction, Protocol, Verdict } from "../../../contract/words.ts";
import { Choice } from "../../parts/choice.tsx";
import { Pick } from "../../parts/pick.tsx";
import { text } from "../../text.ts";

const words = text.monitor.filter;

export const noFilter: Filter = { words: "", verdict: null, liveOnly: false, protocol: null, direction: null };

type Props = {
  filter: Filter;
  setFilter: (filter: Filter) => void;
  /** Null where there is nothing to choose. */
  order: Order | null;
  setOrder: (order: Order) => void;
};

export function Filters({ filter, setFilter, order, setOrder }: Props) {
  const narrow = (part: Partial<Filter>) => setFilter({ ...filter, ...part });
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would want a legend that is seen
    <div className="filters" role="group" aria-label={words.label}>
      <Choice<Verdict | "any">
        label={words.verdict}
        value={filter.verdict ?? "any"}
        options={{ any: words.anyVerdict, ...words.verdicts }}
        choose={(verdict) => narrow({ verdict: verdict === "any" ? null : verdict })}
      />
      <ToggleButton
        className="button toggle"
        isSelected={filter.liveOnly}
        onChange={(liveOnly) => narrow({ liveOnly })}
      >
        {words.live}
      </ToggleButton>
      <Pick<Direction | "any">
        label={words.direction}
        value={filter.direction ?? "any"}
        options={{ any: words.anyDirection, ...words.directions }}
        choose={(direction) => narrow({ direction: direction === "any" ? null : direction })}
      />
      <Pick<Protocol | "any">
        label={words.protocol}
        value={filter.protocol ?? "any"}
        options={{ any: words.anyProtocol, ...text.protocol }}
        choose={(protocol) => narrow({ protocol: protocol === "any" ? null : protocol })}
      />
      {order !== null && <Pick<Order> label={words.order} value={order} options={words.orders} choose={setOrder} />}
    </div>
  );
}
