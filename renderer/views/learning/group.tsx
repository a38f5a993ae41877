// What one app was seen to do, as rules to accept or reject, together or one by one.
import { Button } from "react-aria-components";
import type { Proposal } from "../../../contract/words.ts";
import { appCalled, useApps } from "../../apps.ts";
import { moment, pathText } from "../../format.ts";
import { Unverified } from "../../parts/app.tsx";
import { KnownFace } from "../../parts/known-face.tsx";
import { text } from "../../text.ts";
import { type AppProposals, proposalWords } from "./proposed.ts";

const words = text.learning;

type Acts = { accept: (proposals: readonly Proposal[]) => void; reject: (proposals: readonly Proposal[]) => void };
type Props = AppProposals & { online: boolean; acts: Acts };

export function AppGroup({ app, proposals, online, acts }: Props) {
  const known = useApps(({ apps }) => apps.get(app));
  const name = appCalled(app);
  const path = pathText(app);
  const [accept, reject] = [words.acceptApp(proposals.length), words.rejectApp(proposals.length)];
  return (
    <section className="group" aria-label={name} data-app={app}>
      <div className="group-head">
        <KnownFace path={app} />
        <div className="two-lines">
          <h3 className="group-name" title={path}>
            <bdi className="app-name">{name}</bdi> {known && <Unverified app={known} />}
          </h3>
          <bdi className="second">{path}</bdi>
        </div>
        {proposals.length > 1 && (
          <span className="question-answers">
            <Button
              className="button button-allow"
              aria-label={words.acceptAppLabel(accept, name)}
              isDisabled={!online}
              onPress={() => acts.accept(proposals)}
            >
              {accept}
            </Button>
            <Button
              className="button button-quiet"
              aria-label={words.acceptAppLabel(reject, name)}
              isDisabled={!online}
              onPress={() => acts.reject(proposals)}
            >
              {reject}
            </Button>
          </span>
        )}
      </div>
      <ul className="questions">
        {proposals.map((proposal) => (
          <Row key={proposal.id} proposal={proposal} name={name} online={online} acts={acts} />
        ))}
      </ul>
    </section>
  );
}

function Row({ proposal, name, online, acts }: { proposal: Proposal; name: string; online: boolean; acts: Acts }) {
  const { count, endpoints, last, direction } = proposal;
  const sentence = proposalWords(proposal);
  return (
    <li className="question-row" data-proposal={proposal.id}>
      <span className="question-words">
        <bdi>{sentence}</bdi>
        <span className="second">{words.seen(count, moment(last, new Date()))}</span>
        {endpoints > 1 && <span className="second">{words.wide(endpoints, words.places[direction])}</span>}
      </span>
      <span className="question-answers">
        <Button
          className="button button-allow"
          aria-label={words.acceptLabel(`${name} ${sentence}`)}
          isDisabled={!online}
          onPress={() => acts.accept([proposal])}
        >
          {words.accept}
        </Button>
        <Button
          className="button button-quiet"
          aria-label={words.rejectLabel(`${name} ${sentence}`)}
          isDisabled={!online}
          onPress={() => acts.reject([proposal])}
        >
          {words.reject}
        </Button>
      </span>
    </li>
  );
}
