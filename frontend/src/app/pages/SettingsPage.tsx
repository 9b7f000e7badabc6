import { useMantineColorScheme } from "@mantine/core";
import { ChoiceGroup } from "../../components/ui/ChoiceGroup";
import { Panel } from "../../components/ui/Panel";
import { formatClock, zoneName } from "../../lib/format";
import { chooseLanguage, useWords } from "../../lib/i18n";
import { DENSITIES, PALETTES, ZONES, changeSettings, useSettings } from "../../lib/settings";
import { play } from "../../lib/sound";
import { useNow } from "../../lib/time";
import css from "./pages.module.css";

const THEMES = ["dark", "light", "auto"] as const;
const SWITCH = ["on", "off"] as const;

/** How this browser shows the screen. Nothing here changes what the bot does. */
export default function SettingsPage() {
  const { t, language } = useWords();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const settings = useSettings();
  const now = useNow();
  return (
    <main className={css.page}>
      <Panel title={t("settings.title")} note={t("settings.note")} className={css.narrow}>
        <div className={css.settings}>
          <Row title={t("settings.language")}><ChoiceGroup legend={t("settings.language")} value={language} choices={[{ value: "en", label: <span lang="en">English</span> }, { value: "pl", label: <span lang="pl">Polski</span> }]} onChange={chooseLanguage} /></Row>
          <Row title={t("settings.theme")}><ChoiceGroup legend={t("settings.theme")} value={colorScheme} choices={THEMES.map((value) => ({ value, label: t(`settings.${value}`) }))} onChange={setColorScheme} /></Row>
          <Row title={t("settings.palette")} text={t("settings.paletteText")}><ChoiceGroup legend={t("settings.palette")} value={settings.palette} choices={PALETTES.map((value) => ({ value, label: t(`settings.${value}`) }))} onChange={(palette) => changeSettings({ palette })} /></Row>
          <Row title={t("settings.density")}><ChoiceGroup legend={t("settings.density")} value={settings.density} choices={DENSITIES.map((value) => ({ value, label: t(`settings.${value}`) }))} onChange={(density) => changeSettings({ density })} /></Row>
          <Row title={t("settings.zone")} text={`${formatClock(now, language)} ${zoneName(now, language)}`}>
            <select aria-label={t("settings.zone")} value={settings.zone} onChange={(event) => changeSettings({ zone: ZONES.find((each) => each === event.currentTarget.value) ?? "local" })}>
              {ZONES.map((zone) => <option key={zone} value={zone}>{zone === "local" ? t("settings.local") : zone}</option>)}
            </select>
          </Row>
          <Row title={t("settings.letterKeys")} text={t("settings.letterKeysText")}><ChoiceGroup legend={t("settings.letterKeys")} value={settings.letterKeys ? "on" : "off"} choices={SWITCH.map((value) => ({ value, label: t(`settings.${value}`) }))} onChange={(value) => changeSettings({ letterKeys: value === "on" })} /></Row>
          <Row title={t("settings.sounds")} text={t("settings.soundsText")}><ChoiceGroup legend={t("settings.sounds")} value={settings.sounds ? "on" : "off"} choices={SWITCH.map((value) => ({ value, label: t(`settings.${value}`) }))} onChange={(value) => { changeSettings({ sounds: value === "on" }); if (value === "on") play("fill"); }} /></Row>
        </div>
      </Panel>
    </main>
  );
}

function Row({ title, text, children }: { title: string; text?: string; children: React.ReactNode }) {
  return <div className={css.setting}><div><b>{title}</b>{text && <p>{text}</p>}</div>{children}</div>;
}
