// Sets of rules that count together: which is the active one and why, when each becomes it, and how many rules each has.
import { useMemo, useState } from "react";
import { Button } from "react-aria-components";
import type { Networks, Profile } from "../../../contract/words.ts";
import { plain } from "../../format.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Plus, Sheets } from "../../parts/icons.tsx";
import { ErrorLine, Nothing } from "../../parts/notice.tsx";
import { Toggle } from "../../parts/toggle.tsx";
import { showView } from "../../shown-view.ts";
import { useKnown } from "../../store.ts";
import { text } from "../../text.ts";
import { narrowRulesTo } from "../rules/facets.ts";
import { ProfileEditor } from "./editor.tsx";
import { ProfileRow } from "./row.tsx";
import { useProfiles } from "./use-profiles.ts";
import { rulesByProfile, whenActive, whereNow } from "./words.ts";

const words = text.profiles;
const empty: Profile = { name: "", ssid: null, gateway: null, vpn: null };

function showRulesOf(profile: string): void {
  narrowRulesTo({ profile });
  showView("rules");
}

export function Profiles() {
  const { known, error, choose, remove, ask } = useProfiles();
  const online = useKnown((state) => state.link.state === "up");
  const active = useKnown(({ status }) => status?.profile ?? null);
  const automatic = useKnown(({ status }) => status?.automatic ?? false);
  const rules = useKnown((state) => state.rules);
  const counts = useMemo(() => rulesByProfile(rules.values()), [rules]);
  const [editing, setEditing] = useState<{ profile: Profile; isNew: boolean } | null>(null);
  const [leaving, setLeaving] = useState<Profile | null>(null);
  if (known === null) return null;
  const { profiles, networks } = known;
  const names = profiles.map(({ name }) => name);
  const missing = [...counts.keys()].filter((name) => !names.includes(name)).sort();
  const nothing = profiles.length === 0 && missing.length === 0;
  const add = (
    <Button className="button" isDisabled={!online} onPress={() => setEditing({ profile: empty, isNew: true })}>
      <Plus />
      {words.add}
    </Button>
  );
  const row = (profile: Profile | null, isMissing = false) => (
    <ProfileRow
      key={profile?.name ?? ""}
      profile={profile}
      missing={isMissing}
      active={!isMissing && active === (profile?.name ?? null)}
      rules={profile === null ? 0 : (counts.get(profile.name) ?? 0)}
      online={online}
      use={() => void choose({ name: profile?.name ?? null })}
      edit={() => profile && setEditing({ profile, isNew: false })}
      remove={() => setLeaving(profile)}
      showRules={() => profile && showRulesOf(profile.name)}
    />
  );

  return (
    <section className="view" aria-label={words.title}>
      <div className="view-head view-head-acts">
        <h1>{words.title}</h1>
        {!nothing && <span className="view-acts">{add}</span>}
      </div>
      {error && <ErrorLine code={error} />}
      {nothing ? (
        <Nothing icon={<Sheets />} title={words.none} hint={words.noneHint}>
          <p className="hint">{words.noneHint2}</p>
          {add}
        </Nothing>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard
        <section className="view-scroll panels" tabIndex={0} aria-label={words.label}>
          <div className="profile-now">
            <div className="two-lines">
              <h2>{active === null ? words.noneActive : words.active(plain(active))}</h2>
              {networks === null ? <p className="second">{words.noNetworks}</p> : <Here networks={networks} />}
            </div>
            {networks !== null && (
              <div className="profile-auto">
                <Toggle
                  label={words.auto}
                  selected={automatic}
                  disabled={!online}
                  change={(on) => void choose(on ? { automatic: true } : { name: active })}
                />
                <div className="two-lines">
                  <span aria-hidden="true">{words.auto}</span>
                  <span className="second">{automatic ? words.autoOn : words.autoOff}</span>
                </div>
              </div>
            )}
          </div>
          <ul className="panel-list">
            {profiles.map((profile) => row(profile))}
            {missing.map((name) => row({ ...empty, name }, true))}
            {row(null)}
          </ul>
        </section>
      )}
      <Confirm
        isOpen={leaving !== null}
        title={words.confirm.title}
        subject={
          leaving && (
            <>
              <p className="app-name">{plain(leaving.name)}</p>
              <p className="second">{whenActive(leaving)}</p>
            </>
          )
        }
        body={words.confirm.body(counts.get(leaving?.name ?? "") ?? 0)}
        no={{ word: words.confirm.no, act: () => setLeaving(null) }}
        yes={{
          word: words.confirm.yes,
          act: () => {
            if (leaving) void remove(leaving.name);
            setLeaving(null);
          },
        }}
      />
      {editing && (
        <ProfileEditor
          {...editing}
          taken={names}
          networks={networks}
          close={() => setEditing(null)}
          saved={() => {
            setEditing(null);
            void ask();
          }}
        />
      )}
    </section>
  );
}

function Here({ networks }: { networks: Networks }) {
  const { place, routers } = whereNow(networks);
  return (
    <>
      <p>{place}</p>
      {routers !== "" && <p className="second">{routers}</p>}
    </>
  );
}
