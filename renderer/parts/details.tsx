// What a card or an inbox row shortens, in full and to be copied: the program, its command, and every destination of the question.
import type { Ref } from "react";
import { appPathText, splitAppPath } from "../../contract/app-path.ts";
import type { Prompt } from "../../contract/words.ts";
import { plain, portAndProtocol } from "../format.ts";
import { text } from "../text.ts";

const words = text.details;

type Props = { prompt: Prompt; open: boolean; setOpen: (open: boolean) => void; destinations?: Ref<HTMLElement> };

export function Details({ prompt, open, setOpen, destinations }: Props) {
  const { app, direction, endpoints, process } = prompt;
  const { executable, script } = splitAppPath(app.path);
  return (
    <details className="details" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.title}</summary>
      <dl>
        <dt>{words.program}</dt>
        <dd>
          <bdi className="exact">{plain(executable)}</bdi>
        </dd>
        {script !== null && (
          <>
            <dt>{words.script}</dt>
            <dd>
              <bdi className="exact">{plain(script)}</bdi>
            </dd>
          </>
        )}
        {app.file !== undefined && (
          <>
            <dt>{words.file}</dt>
            <dd>
              <bdi className="exact">{plain(appPathText(app.file))}</bdi>
            </dd>
          </>
        )}
        {app.package && (
          <>
            <dt>{words.package}</dt>
            <dd>
              <bdi className="exact">{plain(`${app.package.name} ${app.package.version}`)}</bdi>
            </dd>
          </>
        )}
        {app.via !== null && (
          <>
            <dt>{words.via}</dt>
            <dd>
              <bdi className="exact">{plain(appPathText(app.via))}</bdi>
            </dd>
          </>
        )}
        <dt>{words.command}</dt>
        <dd>
          <bdi className="exact">{plain(process.command)}</bdi>
        </dd>
        <dt ref={destinations}>{words.endpoints[direction](endpoints.length)}</dt>
        <dd>
          <ul>
            {endpoints.map((each) => (
              <li key={`${each.address} ${each.port} ${each.protocol}`}>
                {each.host !== null && <bdi>{plain(each.host)}, </bdi>}
                <bdi className="address">{plain(each.address)}</bdi>, {portAndProtocol(each)}
              </li>
            ))}
          </ul>
        </dd>
      </dl>
    </details>
  );
}
