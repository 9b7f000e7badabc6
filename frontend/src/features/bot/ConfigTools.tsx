import { Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ChangeEvent, useCallback, useRef, useState } from "react";
import { Button } from "../../components/ui/Button";
import { CommandNote } from "../../components/ui/CommandNote";
import { Icon } from "../../components/ui/Icon";
import { useMay } from "../../lib/access";
import { useWords } from "../../lib/i18n";
import { saveFile } from "../../lib/save-file";
import { useCommand } from "../../lib/use-command";
import { refusalWords } from "../../lib/refusals";
import { usePicture } from "../../stream/store";
import { ChangeDialog, type Proposed } from "./ChangeDialog";
import { presetTitle } from "./Presets";
import type { Config, Setting } from "./config-form";
import { configuredMarkets, withMarket, withoutMarket } from "./config-markets";
import { type ConfigNow, wire } from "./config-wire";
import css from "./config.module.css";

type Props = { market: string; settings: readonly Setting[]; now: ConfigNow; locked: boolean; onApply: (body: Config, restart: boolean) => void };

/** The configuration as a file, in and out, and its markets; every change is shown whole and asked once. */
export function ConfigTools({ market, settings, now, locked, onApply }: Props) {
  const { t, language } = useWords();
  const may = useMay("control");
  const [proposed, setProposed] = useState<Proposed | null>(null);
  const [adding, setAdding] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const held = usePicture((picture) => picture.positions?.[market]?.size);
  const configured = configuredMarkets(now.config);
  const read = useCommand(useCallback(async (file: File) => {
    const body = await wire.readFile(await file.text());
    setProposed({ title: t("config.importTitle", { name: file.name }), note: Object.keys(body).length === 0 ? t("config.importSame") : t("config.importWhole"), body });
  }, [t]));
  const onFile = (event: ChangeEvent<HTMLInputElement>) => {
    const [file] = event.currentTarget.files ?? [];
    event.currentTarget.value = ""; // the same file may be chosen again
    if (file) void read.run(file);
  };
  const remove = () => setProposed({ title: t("config.removeTitle", { market }), note: held && /[1-9]/.test(held) ? t("config.removeHeld") : t("config.removeNote"), body: withoutMarket(now.config, market) });
  return (
    <div className={css.tools}>
      <Button size="small" onClick={() => saveFile(`mmbot-config-v${now.version}`, `${JSON.stringify(now.config, null, 2)}\n`, "json", "application/json")}><Icon name="download" size={11} />{t("config.export")}</Button>
      {may && (
        <>
          <input ref={chooser} type="file" className="visually-hidden" tabIndex={-1} aria-label={t("config.importLabel")} accept=".yaml,.yml,.json" onChange={onFile} />
          <Button size="small" disabled={locked || read.state.kind === "pending"} onClick={() => chooser.current?.click()}>{t("config.import")}</Button>
          <Button size="small" disabled={locked} onClick={() => setAdding(true)}><Icon name="plus" size={11} />{t("config.addMarket")}</Button>
          {market !== now.config.market && configured.includes(market) && <Button size="small" disabled={locked} onClick={remove}><Icon name="minus" size={11} />{t("config.removeMarket", { market })}</Button>}
        </>
      )}
      {read.state.kind === "pending" && <CommandNote tone="pending">{t("command.pending")}</CommandNote>}
      {read.state.kind === "refused" && <CommandNote tone="refused"><b>{t("command.refused")}</b> {refusalWords(read.state.error, t, language)}</CommandNote>}
      {read.state.kind === "unknown" && <CommandNote tone="unknown"><b>{t("command.unknownTitle")}</b></CommandNote>}
      <AddMarket opened={adding} configured={configured} first={configured.includes(market) ? null : market} onBack={() => setAdding(false)} onChoose={(name, settingsOf) => { setAdding(false); setProposed({ title: t("config.addTitle", { market: name }), note: t("config.addNote"), body: withMarket(now.config, name, settingsOf) }); }} />
      <ChangeDialog proposed={proposed} settings={settings} now={now} locked={locked} onBack={() => setProposed(null)} onApply={(body, restart) => { setProposed(null); onApply(body, restart); }} />
    </div>
  );
}

type AddProps = { opened: boolean; configured: readonly string[]; first: string | null; onBack: () => void; onChoose: (market: string, settings: Config) => void };

function AddMarket({ opened, onBack, ...rest }: AddProps) {
  const { t } = useWords();
  return <Modal opened={opened} onClose={onBack} title={t("config.addMarket")} size={420} closeButtonProps={{ "aria-label": t("action.back") }}>{opened && <AddForm onBack={onBack} {...rest} />}</Modal>;
}

function AddForm({ configured, first, onBack, onChoose }: Omit<AddProps, "opened">) {
  const { t } = useWords();
  const { data: listed } = useQuery({ queryKey: ["config-markets"], queryFn: wire.markets });
  const names = (listed ?? []).filter((name) => !configured.includes(name));
  const [chosen, setChosen] = useState(first);
  const market = chosen ?? names[0] ?? null;
  const { data: presets, isError } = useQuery({ queryKey: ["config-presets", market], queryFn: () => wire.presets(market ?? ""), enabled: market !== null });
  const [presetName, setPresetName] = useState<string | null>(null);
  const preset = presets?.find((each) => each.name === presetName) ?? presets?.[0];
  return (
    <form className={css.question} onSubmit={(event) => { event.preventDefault(); if (market && preset) onChoose(market, preset.changes); }}>
      {listed && names.length === 0 && <p>{t("config.noMarkets")}</p>}
      <label className={css.choose}>{t("ticket.market")}
        <select className={css.select} value={market ?? ""} onChange={(event) => setChosen(event.currentTarget.value)}>{names.map((name) => <option key={name}>{name}</option>)}</select>
      </label>
      <label className={css.choose}>{t("config.sized")}
        <select className={css.select} value={preset?.name ?? ""} onChange={(event) => setPresetName(event.currentTarget.value)}>{(presets ?? []).map((each) => <option key={each.name} value={each.name}>{presetTitle(each, t)}</option>)}</select>
      </label>
      {isError && <CommandNote tone="refused">{t("config.noPrice")}</CommandNote>}
      <div className={css.acts}>
        <Button onClick={onBack}>{t("action.back")}</Button>
        <Button type="submit" look="primary" disabled={!market || !preset}>{t("config.seeFirst")}</Button>
      </div>
    </form>
  );
}
