import { Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/ui/Button";
import { Panel } from "../../components/ui/Panel";
import { formatDateTime } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { ConfigDiff } from "./ConfigDiff";
import { type Version, type WireChange, wire } from "./config-wire";
import css from "./config.module.css";
import { settingName } from "./setting-words";

type Props = { versions: readonly Version[]; inForce: number; isRunning: boolean; locked: boolean; onRollBack: (version: Version, restart: boolean) => void };

/** Every version that was in force, and the way back to it: with the difference, asked once. */
export function ConfigHistory({ versions, inForce, isRunning, locked, onRollBack }: Props) {
  const { t, language } = useWords();
  const [asked, setAsked] = useState<Version | null>(null);
  const what = (version: Version) => version.comment || (version.changes.length > 0 ? version.changes.map((each) => settingName(each.path, language)).join(", ") : t(version.verb === "start" ? "config.verbStart" : "config.verbChange"));
  return (
    <Panel title={t("config.history")} end={t("config.versions", { count: versions.length })} className={css.fit}>
      <div className={css.history}>
        <table>
          <thead><tr><th scope="col">{t("config.when")}</th><th scope="col">{t("config.version")}</th><th scope="col">{t("config.change")}</th><th scope="col"><span className="visually-hidden">{t("config.rollBack")}</span></th></tr></thead>
          <tbody>
            {versions.map((version) => (
              <tr key={version.version}>
                <td>{formatDateTime(version.at_ms, language)}</td>
                <td><code title={version.hash}>{version.version} · {version.hash.slice(0, 6)}</code></td>
                <td title={version.changes.map((each) => each.path).join(", ")}>{what(version)} <span className={css.who}>{version.who}</span></td>
                <td>{version.is_running ? <span className={css.inForce}>{t("config.inForce")}</span> : <button type="button" disabled={locked} onClick={() => setAsked(version)}>{t("config.rollBack")}…</button>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Modal opened={asked !== null} onClose={() => setAsked(null)} title={asked ? t("config.rollBackTo", { version: asked.version }) : ""} closeOnClickOutside={false} closeButtonProps={{ "aria-label": t("action.back") }}>
        {asked && <Question version={asked} inForce={inForce} isRunning={isRunning} onBack={() => setAsked(null)} onGo={(restart) => { setAsked(null); onRollBack(asked, restart); }} />}
      </Modal>
    </Panel>
  );
}

function Question({ version, inForce, isRunning, onBack, onGo }: { version: Version; inForce: number; isRunning: boolean; onBack: () => void; onGo: (restart: boolean) => void }) {
  const { t } = useWords();
  const { data, isError } = useQuery({ queryKey: ["config-diff", inForce, version.version], queryFn: () => wire.diff(inForce, version.version) });
  const restart = isRunning && (data ?? []).some((each: WireChange) => !each.is_hot);
  return (
    <div className={css.question}>
      {isError ? <p role="alert">{t("records.unreachable")}</p> : data ? <ConfigDiff changes={data} /> : <p>{t("empty.waiting")}</p>}
      {restart && <p>{t("config.needsStopWords")}</p>}
      <div className={css.acts}>
        <Button data-autofocus onClick={onBack}>{t("action.back")}</Button>
        <Button look="primary" disabled={!data || data.length === 0} onClick={() => onGo(restart)}>{t(restart ? "config.stopRollBackStart" : "config.rollBackNow", { version: version.version })}</Button>
      </div>
    </div>
  );
}
