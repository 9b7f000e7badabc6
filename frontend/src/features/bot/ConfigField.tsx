import { type KeyboardEvent, useId } from "react";
import { Icon } from "../../components/ui/Icon";
import { type Language, MINUS, fieldText, formatBps, formatNumber } from "../../lib/format";
import { type Words, useWords } from "../../lib/i18n";
import { numbersIn } from "../../lib/reason-numbers";
import { decimalsOf, parseWire } from "../../lib/decimal";
import css from "./config.module.css";
import { type Issue, type Json, type Setting, fractionBps, plainText, stepped } from "./config-form";
import { settingMeaning, settingName, unitWords } from "./setting-words";

type Props = {
  setting: Setting;
  inForce: Json;
  /** What was typed; undefined while untouched. */
  typed: string | undefined;
  changed: boolean;
  issue: Issue | undefined;
  refused: string | undefined;
  base: string;
  idle: boolean;
  cold: boolean;
  onChange: (text: string) => void;
  onUndo: () => void;
};

/** One setting: what it does, its range and default, when a change takes effect, what it was, and the way back. */
export function ConfigField(props: Props) {
  const { setting, inForce, typed, changed, issue, refused } = props;
  const { t, language } = useWords();
  const id = `config-${setting.path}`;
  const help = useId();
  const meaning = settingMeaning(setting, language);
  const text = typed ?? fieldText(plainText(inForce), language);
  const bps = setting.unit === "fraction" ? fractionBps(text) : null;
  return (
    <div className={css.row} data-changed={changed} data-wrong={Boolean(issue ?? refused)} data-idle={props.idle}>
      <div className={css.words}>
        <div><label htmlFor={id}>{settingName(setting.path, language)}</label> <Badge hot={setting.is_hot} /></div>
        <p lang={meaning.lang} id={help}>{meaning.text}</p>
        <code>{setting.path}</code>
      </div>
      <div className={css.edit}>
        <Control {...props} id={id} text={text} help={help} />
        <div id={`${id}-below`} className={issue || refused ? css.error : css.hint} role={issue || refused ? "alert" : undefined}>
          {issue ? issueWords(issue, setting, language, t) : (refused ? (language === "en" ? refused : refusedWords(refused, t)) : (bps ? t("config.equals", { bps: formatBps(bps, language) }) : ""))}
        </div>
      </div>
      <div className={css.range}>
        <div>{rangeWords(setting, language, t)}</div>
        {changed ? (
          <div><s>{shownValue(inForce, language, t)}</s> <button type="button" onClick={props.onUndo}>{t("config.undo")}</button></div>
        ) : (
          <div>{t("config.default", { value: shownValue(setting.default, language, t) })}</div>
        )}
        {setting.off !== null && <div>{t("config.off", { value: shownValue(setting.off, language, t) })}</div>}
      </div>
    </div>
  );
}

export function Badge({ hot }: { hot: boolean }) {
  const { t } = useWords();
  return <span className={css.badge} data-hot={hot} title={t(hot ? "config.hotHelp" : "config.coldHelp")}><Icon name={hot ? "bolt" : "stop"} size={9} />{t(hot ? "config.hot" : "config.whenStopped")}</span>;
}

/** A refusal at its field: that it was refused, and the numbers of the bot's sentence. */
function refusedWords(text: string, t: Words): string {
  const numbers = numbersIn(text).join(" \u00b7 ");
  return numbers ? `${t("refusal.invalid_input")} (${numbers})` : t("refusal.invalid_input");
}

function Control({ setting, text, id, help, base, issue, changed, onChange }: Props & { id: string; text: string; help: string }) {
  const { t, language } = useWords();
  const described = `${help} ${id}-below`;
  if (setting.kind === "switch") {
    return <label className={css.switch}><input id={id} type="checkbox" checked={text === "true" || text === "1"} aria-describedby={described} onChange={(event) => onChange(String(event.currentTarget.checked))} /><span>{t(text === "true" || text === "1" ? "config.on" : "config.offWord")}</span></label>;
  }
  if (setting.kind === "choice") {
    return (
      <select id={id} className={css.select} value={text} aria-describedby={described} onChange={(event) => onChange(event.currentTarget.value)}>
        {(setting.choices ?? []).map((choice) => <option key={choice} value={choice}>{choice}</option>)}
      </select>
    );
  }
  const numeric = setting.kind !== "text";
  const step = (direction: 1 | -1, times: number) => onChange(fieldText(stepped(setting, text, direction, times), language));
  const onKeyDown = (event: KeyboardEvent) => {
    if (!numeric || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    step(event.key === "ArrowUp" ? 1 : -1, event.shiftKey ? 10 : 1);
  };
  const name = settingName(setting.path, language);
  return (
    <div className={css.box} data-error={Boolean(issue)} data-changed={changed}>
      <input
        id={id} value={text} inputMode={numeric ? "decimal" : "text"} autoComplete="off" spellCheck={false} placeholder={setting.default === null ? t("config.notSet") : undefined}
        aria-invalid={Boolean(issue)} aria-describedby={described} onKeyDown={onKeyDown} onChange={(event) => onChange(event.currentTarget.value)}
      />
      {setting.unit && setting.unit !== "fraction" && <span className={css.unit}>{setting.unit === "base asset" ? base : unitWords(setting.unit, t)}</span>}
      {numeric && (
        <>
          <button type="button" className={css.step} aria-label={t("config.less", { name })} onClick={(event) => step(-1, event.shiftKey ? 10 : 1)}><Icon name="minus" size={11} /></button>
          <button type="button" className={css.step} aria-label={t("config.more", { name })} onClick={(event) => step(1, event.shiftKey ? 10 : 1)}><Icon name="plus" size={11} /></button>
        </>
      )}
    </div>
  );
}

/** A value in the reader's language; nothing set is said in a word. */
export function shownValue(value: Json, language: Language, t: Words): string {
  if (value === null) return t("config.notSet");
  if (typeof value === "boolean") return t(value ? "config.on" : "config.offWord");
  const number = typeof value === "number" || typeof value === "string" ? parseWire(value) : null;
  return number ? formatNumber(number, language, { decimals: decimalsOf(number) }).replace("-", MINUS) : typeof value === "string" ? value : JSON.stringify(value);
}

function rangeWords(setting: Setting, language: Language, t: Words): string {
  const [low, high] = [setting.minimum, setting.maximum];
  if (low === null && high === null) return setting.kind === "size" ? t("config.aboveZero") : "";
  const from = low === null ? "" : setting.minimum_excluded ? t("config.rangeAbove", { low: shownValue(low, language, t) }) : shownValue(low, language, t);
  return high === null ? t("config.rangeFrom", { low: from }) : `${from} \u2013 ${shownValue(high, language, t)}`;
}

function issueWords(issue: Issue, setting: Setting, language: Language, t: Words): string {
  if (issue.kind === "slip") return t("config.issue.slip", { meant: shownValue(issue.meant ?? "", language, t), most: shownValue(setting.maximum, language, t) });
  if (issue.kind === "above") return t("config.issue.above", { most: shownValue(setting.maximum, language, t) });
  if (issue.kind === "below") return t("config.issue.below", { least: shownValue(setting.minimum ?? 0, language, t) });
  return t(`config.issue.${issue.kind}`);
}
