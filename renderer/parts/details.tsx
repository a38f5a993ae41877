// What a card or an inbox row shortens or leaves out, in full and to be copied. First what helps to decide: since when the app is known,
// what it did today, and every destination with where its name comes from; then the program, its package and what started it.
import type { ReactNode, Ref } from "react";
import { appPathText, splitAppPath } from "../../contract/app-path.ts";
import type { PromptDetails } from "../../contract/questions.ts";
import type { App, Endpoint, Prompt } from "../../contract/words.ts";
import { countryOf, withCountry } from "../country.ts";
import { fileName, humanBytes, moment, plain, portAndProtocol } from "../format.ts";
import { useKnown } from "../store.ts";
import { text } from "../text.ts";
import { remarksOf } from "./remarks.tsx";
import { useDetails } from "./use-details.ts";

const words = text.details;

type Props = {
  prompt: Prompt;
  open: boolean;
  setOpen: (open: boolean) => void;
  destinations?: Ref<HTMLElement>;
  /** What it is called, where that is not just "Details". */
  title?: string;
  /** Beside the word: the key that unfolds it. */
  hint?: ReactNode;
};

export function Details({ prompt, open, setOpen, destinations, title = words.title, hint }: Props) {
  return (
    <details className="details" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {title} {hint}
      </summary>
      {open && <Facts prompt={prompt} destinations={destinations} />}
    </details>
  );
}

function Facts({ prompt, destinations }: { prompt: Prompt; destinations: Ref<HTMLElement> | undefined }) {
  const { app, direction, endpoints, process, reason, id } = prompt;
  const known = useDetails(id, true);
  const { executable, script } = splitAppPath(app.path);
  return (
    <dl>
      <Fact label={words.firstSeen}>{known === null ? words.loading : firstSeenLine(known)}</Fact>
      <Fact label={words.today}>{known === null ? words.loading : todayLine(known.today)}</Fact>
      <dt ref={destinations}>{words.endpoints[direction](endpoints.length)}</dt>
      <dd>
        <ul>
          {endpoints.map((each) => (
            <li key={`${each.address} ${each.port} ${each.protocol}`}>
              {each.host !== null && <bdi>{plain(each.host)}, </bdi>}
              <bdi className="address">{plain(each.address)}</bdi>, {withCountry(portAndProtocol(each), each)}
              <NameSource endpoint={each} />
              {remarksOf(each).map(({ key, why }) => (
                <span className="name-source" key={key}>
                  {why}
                </span>
              ))}
            </li>
          ))}
        </ul>
        <Credit endpoints={endpoints} />
      </dd>
      {reason && <Fact label={words.reason}>{text.helper.reason(plain(reason))}</Fact>}
      <Fact label={words.program} exact={executable} />
      {script !== null && <Fact label={words.script} exact={script} />}
      {app.file !== undefined && app.file !== app.path && <Fact label={words.file} exact={app.file} />}
      <PackageFact app={app} />
      {app.content && <Fact label={words.content} exact={app.content} />}
      {app.via !== null && <Fact label={words.via} exact={appPathText(app.via)} />}
      <Fact label={words.command} exact={process.command} />
      <Fact label={words.user}>{words.userLine(known?.user ?? null, process.uid)}</Fact>
      <Fact label={words.tree}>
        <Tree known={known} pid={process.pid} />
      </Fact>
    </dl>
  );
}

function Fact({ label, exact, children }: { label: string; exact?: string; children?: ReactNode }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{exact === undefined ? children : <bdi className="exact">{plain(exact)}</bdi>}</dd>
    </>
  );
}

function PackageFact({ app }: { app: App }) {
  const owner = app.package;
  const { packaging } = app;
  if (!owner && !packaging) return null;
  return (
    <Fact label={words.package}>
      {owner && <bdi>{words.packageLine(plain(owner.name), plain(owner.version))}</bdi>}
      {owner && packaging && ", "}
      {packaging && (
        <bdi>
          {words.packaging[packaging.kind](plain(packaging.id))}
          {!packaging.proven && ` (${words.unproven})`}
        </bdi>
      )}
    </Fact>
  );
}

/** The one that began stands first, who asks last, each a step further in. */
function Tree({ known, pid }: { known: PromptDetails | null; pid: number }) {
  if (known === null) return words.loading;
  if (known.processes.length === 0) return words.treeGone(pid);
  return (
    <ul className="tree">
      {known.processes.toReversed().map((each, depth) => (
        <li key={each.pid} style={{ "--depth": depth } as React.CSSProperties} title={plain(each.path)}>
          <bdi className={depth === known.processes.length - 1 ? "app-name" : ""}>{fileName(each.path)}</bdi>{" "}
          <span className="tree-pid">{words.process(each.pid)}</span>
        </li>
      ))}
    </ul>
  );
}

/** Who is to be named where their data says in which country an address is. */
function Credit({ endpoints }: { endpoints: readonly Endpoint[] }) {
  const data = useKnown(({ status }) => status?.countries ?? null);
  if (data === null || !endpoints.some((each) => countryOf(each) !== null)) return null;
  return <span className="name-source">{data.attribution}</span>;
}

function NameSource({ endpoint }: { endpoint: Endpoint }) {
  const { host, names = [] } = endpoint;
  // What stands for an encrypted name is told by itself.
  const others = names.filter(({ name, ech }) => name !== host && !ech);
  const own = names.find(({ name }) => name === host);
  const line = ({ source, trusted }: NonNullable<typeof own>): string =>
    words.nameLine(words.sources[source], trusted ? words.trusted : words.untrusted);
  return (
    <>
      {own && <span className="name-source">{line(own)}</span>}
      {others.map((each) => (
        <span className="name-source" key={`${each.name} ${each.source}`}>
          <bdi>{plain(each.name)}</bdi>: {line(each)}
        </span>
      ))}
    </>
  );
}

function firstSeenLine({ firstSeen }: PromptDetails): string {
  return firstSeen === null ? words.firstSeenUnknown : moment(firstSeen, new Date());
}

function todayLine({ allowed, blocked, destinations, bytesIn, bytesOut }: PromptDetails["today"]): string {
  if (allowed + blocked === 0) return words.todayNothing;
  const bytes = words.todayBytes(humanBytes(bytesIn), humanBytes(bytesOut));
  return `${words.todayLine(allowed, blocked, destinations)}; ${bytes}`;
}
