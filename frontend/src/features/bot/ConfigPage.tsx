import { useCallback, useMemo, useState } from "react";
import { Button } from "../../components/ui/Button";
import { CommandNote } from "../../components/ui/CommandNote";
import { Icon } from "../../components/ui/Icon";
import { Panel, StaleTag } from "../../components/ui/Panel";
import { useStaleWords } from "../../components/ui/stale";
import { ReadOnly } from "../../components/ui/ReadOnly";
import { useMay } from "../../lib/access";
import { api } from "../../lib/api";
import { useWords } from "../../lib/i18n";
import { useCommand } from "../../lib/use-command";
import { refusalWords } from "../../lib/refusals";
import { ConfigDiff } from "./ConfigDiff";
import { Badge, ConfigField } from "./ConfigField";
import { ConfigHistory } from "./ConfigHistory";
import { ConfigTools } from "./ConfigTools";
import { configuredMarkets } from "./config-markets";
import { DryPreview } from "./DryPreview";
import { Presets } from "./Presets";
import css from "./config.module.css";
import { type Config, type Draft, bodyFor, checkDraft, configOf, draftFrom, inForce, plainText, singleSettings, weightPaths } from "./config-form";
import { isIdle, sectioned } from "./config-sections";
import { type ConfigNow, type Step, type Version, applySteps } from "./config-wire";
import type { Setting } from "./config-form";
import { settingName } from "./setting-words";
import { refusalOf, useConfig, usePreviews } from "./use-config";

type Props = { market: string };

/** The whole configuration: generated from the schema, seen dry before it is applied, and every version to go back to. */
export function ConfigPage({ market }: Props) {
  const { t } = useWords();
  const { settings, now, history, unreachable, reload } = useConfig();
  if (!settings || !now) return <Panel title={t("config.title")}><p className={css.quiet}>{unreachable ? t("config.unreachable") : t("empty.waiting")}</p></Panel>;
  return <ConfigEditor key={market} market={market} settings={settings} now={now} history={history} reload={reload} />;
}

type EditorProps = Props & { settings: readonly Setting[]; now: ConfigNow; history: readonly Version[]; reload: () => Promise<unknown> };
type Request = { body: Config; hash: string; restart: boolean } | { version: number; hash: string; restart: boolean };

function ConfigEditor({ market, settings, now, history, reload }: EditorProps) {
  const { t, language } = useWords();
  const staleWords = useStaleWords();
  const stale = staleWords !== null;
  const [draft, setDraft] = useState<Draft>({});
  const [find, setFind] = useState("");
  const [step, setStep] = useState<Step>("apply");
  const isMain = now.config.market === market;
  const configured = configuredMarkets(now.config).includes(market);
  const mine = useMemo(() => settings.filter((setting) => setting.kind !== "markets" && (isMain || setting.per_market)), [settings, isMain]);
  const weights = useMemo(() => weightPaths(mine), [mine]);
  const config = configOf(now.config, market);
  const check = checkDraft(mine, draft, config, now.is_running);
  const body = check.body && configured ? bodyFor(now.config, market, check.body) : null;
  const [mayControl, mayRaise] = [useMay("control"), useMay("danger")];
  const previews = usePreviews(body, now.hash, mayControl);
  const send = useCallback(async (request: Request) => {
    await applySteps(() => ("body" in request ? api.configApply(request.body, request.hash) : api.configRollback(request.version, request.hash)), request.restart, setStep);
    setDraft({});
    await reload();
  }, [reload]);
  const command = useCommand(send);
  const refusal = previews.refusal ?? (command.state.kind === "refused" ? refusalOf(command.state.error) : null);
  const busy = command.state.kind === "pending";
  const count = check.changes.length;
  const restart = check.cold.length > 0;
  const raises = check.raises.length > 0 && !mayRaise;
  const locked = stale || busy || !mayControl;
  const write = (path: string, text: string | undefined) => {
    command.clear();
    setDraft(({ [path]: _old, ...rest }) => (text === undefined ? rest : { ...rest, [path]: text }));
  };
  const strategy = draft.strategy ?? plainText(config.strategy ?? "simple");
  const shown = singleSettings(mine).filter((setting) => `${setting.path} ${settingName(setting.path, language)}`.toLowerCase().includes(find.toLowerCase()));
  const base = market.split("-")[0] ?? "";
  return (
    <div className={css.page}>
      <header className={css.bar}>
        <h1>{t("config.title")} <span>{market}</span></h1>
        <span className={css.tag}>{strategy}</span>
        <span className={css.note}>{t(now.is_running ? "config.stateRunning" : "config.stateStopped")} · {t("config.versionInForce", { version: now.version })} <code>{now.hash.slice(0, 6)}</code></span>
        {staleWords && <StaleTag words={staleWords} />}
        <ConfigTools market={market} settings={settings} now={now} locked={locked} onApply={(whole, withStop) => void command.run({ body: whole, hash: now.hash, restart: withStop })} />
        <div className={css.acts}>
          <Button disabled={Object.keys(draft).length === 0 || busy} onClick={() => { setDraft({}); command.clear(); }}>{t("config.discard")}</Button>
          <Button look={body && !locked && !raises ? "primary" : "plain"} disabled={!body || locked || raises || previews.refusal !== null} title={!mayControl ? t("access.readOnlyWhy") : raises ? t("access.needsOwner") : undefined} onClick={() => body && void command.run({ body, hash: now.hash, restart })}>
            <Icon name="bolt" />{restart ? t("config.stopApplyStart") : count > 0 ? t("config.applyCount", { count }) : t("config.apply")}
          </Button>
        </div>
      </header>
      <div className={css.result} aria-live="polite"><Result state={command.state} step={step} /><ReadOnly /></div>
      <nav className={css.nav} aria-label={t("config.sections")}>
        <label className={css.find}><Icon name="search" size={12} /><span className="visually-hidden">{t("config.find")}</span><input type="search" data-filter value={find} placeholder={t("config.find")} onChange={(event) => setFind(event.currentTarget.value)} /></label>
        {sectioned(shown).map(([name, rows]) => (
          <a key={name} href={`#section-${name}`}>{t(`section.${name}`)}<span>{rows.some((row) => check.changes.some((change) => change.path === row.path)) && <Icon name="disc" size={8} />}{rows.length}</span></a>
        ))}
        <div className={css.legend}><Badge hot /><p>{t("config.hotHelp")}</p><Badge hot={false} /><p>{t("config.coldHelp")}</p></div>
      </nav>
      <main className={css.fields} id="main">
        {!configured && <p className={css.raise}>{t("config.notConfigured", { market })}</p>}
        <section aria-labelledby="section-presets"><h2 id="section-presets">{t("config.presets")} <span>{t("config.presetsWhy")}</span></h2><Presets market={market} onTake={(preset) => { command.clear(); setDraft(draftFrom(mine, preset.changes)); }} /></section>
        {sectioned(shown).map(([name, rows]) => (
          <section key={name} aria-labelledby={`section-${name}`}>
            <h2 id={`section-${name}`}>{t(`section.${name}`)} <span>{t("config.settings", { count: rows.length })}</span></h2>
            {rows.some((row) => isIdle(row, strategy)) && <p className={css.quiet}>{t("config.idle")}</p>}
            {rows.map((setting) => (
              <ConfigField
                key={setting.path} setting={setting} inForce={inForce(config, setting, weights)} typed={draft[setting.path]} changed={check.changes.some((change) => change.path === setting.path)}
                issue={check.issues[setting.path]} refused={refusal?.fields[setting.path]} base={base} idle={isIdle(setting, strategy)} cold={now.is_running && !setting.is_hot}
                onChange={(text) => write(setting.path, text)} onUndo={() => write(setting.path, undefined)}
              />
            ))}
          </section>
        ))}
        {!isMain && configured && <p className={css.quiet}>{t("config.otherMarket", { market: plainText(now.config.market ?? "") })}</p>}
      </main>
      <aside className={css.side}>
        <DryPreview market={market} running={previews.running} changed={previews.changed} waiting={previews.waiting} problem={refusal === null ? null : refusalWords(refusal.error, t, language)} count={count} />
        <Panel title={t("config.difference")} end={count > 0 ? t(restart ? "config.someCold" : "config.allHot") : undefined} className={css.fit}>
          <ConfigDiff changes={check.changes} />
          {check.raises.length > 0 && <p className={css.raise}>{t("config.raises", { names: check.raises.map((path) => settingName(path, language)).join(", ") })}{raises ? ` ${t("access.needsOwner")}` : ""}</p>}
        </Panel>
        <ConfigHistory versions={history} inForce={now.version} isRunning={now.is_running} locked={locked} onRollBack={(version, withStop) => void command.run({ version: version.version, hash: now.hash, restart: withStop })} />
      </aside>
    </div>
  );
}

function Result({ state, step }: { state: ReturnType<typeof useCommand<[Request], void>>["state"]; step: Step }) {
  const { t, language } = useWords();
  switch (state.kind) {
    case "idle": return null;
    case "pending": return <CommandNote tone="pending">{t(`config.step.${step}`)}</CommandNote>;
    case "done": return <CommandNote tone="done"><b>{t("config.applied")}</b></CommandNote>;
    case "unknown": return <CommandNote tone="unknown"><b>{t("command.unknownTitle")}</b> {t("command.unknown")}</CommandNote>;
    case "refused": return <CommandNote tone="refused"><b>{t("command.refused")}</b> {refusalWords(state.error, t, language)}</CommandNote>;
  }
}
