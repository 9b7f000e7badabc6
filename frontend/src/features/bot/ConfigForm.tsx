import { useForm } from "@mantine/form";
import { Button } from "../../components/ui/Button";
import { CommandNote } from "../../components/ui/CommandNote";
import { NumberField } from "../../components/ui/NumberField";
import { Panel } from "../../components/ui/Panel";
import { useStaleWords } from "../../components/ui/stale";
import { type ConfigChanges, api } from "../../lib/api";
import { basisPoints, fieldText, formatBps } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import type { Decimal } from "../../lib/decimal";
import { readTyped } from "../../lib/typed-number";
import { useCommand } from "../../lib/use-command";
import { usePicture } from "../../stream/store";
import css from "./ConfigForm.module.css";
import { type Draft, FIELDS, type FieldName, checkConfig, shownValue } from "./config-form";

type Change = { changes: ConfigChanges; restart: boolean };

/** Stop, apply and start as one command when a setting needs the bot to stand still. */
async function applyChange({ changes, restart }: Change): Promise<unknown> {
  if (restart) await api.stopBot();
  const { config } = await api.configure(changes);
  if (restart) await api.startBot();
  return config;
}

/** The running configuration, editable: what is changed, whether it can be, and what it means. */
export function ConfigForm({ market }: { market: string }) {
  const { t, language } = useWords();
  const stale = useStaleWords() !== null;
  const running = usePicture((now) => now.config);
  const state = usePicture((now) => now.bot?.state);
  const form = useForm<{ draft: Draft }>({ mode: "controlled", initialValues: { draft: {} } });
  const { draft } = form.values;
  const command = useCommand(applyChange);
  if (!running) return <Panel title={t("config.title")}><p className={css.waiting}>{t("empty.waiting")}</p></Panel>;

  const check = checkConfig(draft, running);
  const busy = command.state.kind === "pending";
  const quoting = state !== undefined && state !== "STOPPED";
  const restart = quoting && check.needsStop;
  const base = market.split("-")[0] ?? "";
  const refusedField = command.state.kind === "refused" ? command.state.error.field : null;
  const write = (name: FieldName, value: string) => { command.clear(); form.setFieldValue("draft", { ...draft, [name]: value }); };
  const submit = async () => {
    if (!check.changes || stale) return;
    await command.run({ changes: check.changes, restart });
  };
  const fieldHint = (name: FieldName, unit: string, text: string) => {
    if (name === "max_position" && text === "") return t("config.fiveOrders");
    if (unit !== "fraction") return undefined;
    const read = readTyped(text);
    const bps: Decimal | null = read.kind === "value" ? basisPoints({ units: read.value.units + 10n ** BigInt(read.value.scale), scale: read.value.scale }, "1") : null;
    return bps ? t(name === "spread_percentage" ? "config.eachSide" : "config.equals", { bps: formatBps(bps, language) }) : undefined;
  };
  return (
    <Panel title={t("config.title")} note={quoting ? t("config.whileRunning") : undefined}>
      <form className={css.form} onSubmit={(event) => { event.preventDefault(); void submit(); }}>
        <div className={css.fields}>
          {FIELDS.map(({ name, unit, hot }) => {
            const text = draft[name] ?? fieldText(shownValue(running[name]), language);
            const issue = check.issues[name];
            return (
              <NumberField
                key={name} id={`config-${name}`} label={t(`config.${name}`)} value={text} changed={check.changed.includes(name)}
                unit={unit === "base" ? base : unit === "fraction" ? "" : unit} note={hot ? t("config.hot") : undefined}
                onChange={(value) => write(name, value)}
                error={issue ? t(`config.issue.${issue}`) : refusedField === name && command.state.kind === "refused" ? command.state.error.message : undefined}
                hint={fieldHint(name, unit, text)}
              />
            );
          })}
        </div>
        <div className={css.acts}>
          <Button size="small" disabled={check.changed.length === 0 || busy} onClick={() => { form.setFieldValue("draft", {}); command.clear(); }}>{t("config.discard")}</Button>
          <Button type="submit" size="small" look={check.changes && !stale ? "primary" : "plain"} disabled={!check.changes || stale || busy}>
            {restart ? t("config.stopApplyStart") : t("config.apply")}
          </Button>
        </div>
        <div aria-live="polite" className={css.live}><ConfigResult command={command.state} /></div>
      </form>
    </Panel>
  );
}

function ConfigResult({ command }: { command: ReturnType<typeof useCommand<[Change], unknown>>["state"]  }) {
  const { t } = useWords();
  switch (command.kind) {
    case "idle": return null;
    case "pending": return <CommandNote tone="pending">{t("command.pending")}</CommandNote>;
    case "done": return <CommandNote tone="done"><b>{t("config.applied")}</b></CommandNote>;
    case "unknown": return <CommandNote tone="unknown"><b>{t("command.unknownTitle")}</b> {t("command.unknown")}</CommandNote>;
    case "refused": return <CommandNote tone="refused"><b>{t("command.refused")}</b> {command.error.message} {command.error.hint ?? ""}</CommandNote>;
  }
}
