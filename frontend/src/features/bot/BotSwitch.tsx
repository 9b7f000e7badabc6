import { Modal } from "@mantine/core";
import { useState } from "react";
import { Button } from "../../components/ui/Button";
import { Icon, type IconName } from "../../components/ui/Icon";
import { StaleTag } from "../../components/ui/Panel";
import { useStaleWords } from "../../components/ui/stale";
import { ReadOnly } from "../../components/ui/ReadOnly";
import { useMay } from "../../lib/access";
import { openDialog } from "../../lib/dialogs";
import { useWords } from "../../lib/i18n";
import { reasonLine } from "../../lib/reasons";
import { usePicture } from "../../stream/store";
import css from "./BotSwitch.module.css";
import { BotResult } from "./BotResult";
import { StartSummary } from "./StartSummary";
import { botOrders, hasPosition, isQuoting } from "./bot-numbers";
import { type BotCommand, type Offer, type Offers, botFace } from "./bot-state";
import { useBotCommands } from "./use-bot-commands";

const ICONS: Readonly<Record<BotCommand, IconName>> = { start: "play", pause: "pause", stop: "stop", flatten: "flatten" };
const ORDER = ["start", "pause", "stop", "flatten"] as const;

/** The one switch of the bot. Start locks while data are old; the ways out always work and say when they are sent blind. */
export function BotSwitch({ market }: { market: string }) {
  const { t, language } = useWords();
  const staleWords = useStaleWords();
  const stale = staleWords !== null;
  const [asking, setAsking] = useState(false);
  const now = usePicture((picture) => ({
    state: picture.bot?.state,
    env: picture.env,
    reason: picture.bot?.state === "RUNNING" ? picture.markets?.[market]?.reason : picture.bot?.reason,
    code: picture.bot?.state === "RUNNING" ? picture.markets?.[market]?.reason_code : picture.bot?.reason_code,
    quoting: isQuoting(picture.markets?.[market]),
    held: hasPosition(picture, market),
    resting: botOrders(picture),
  }));
  const command = useBotCommands();
  const [mayControl, mayFlatten] = [useMay("control"), useMay("danger")];
  const state = now?.state;
  const face = botFace({ state, quoting: now?.quoting ?? false, stale, under: command.under, hasPosition: now?.held ?? false });
  const reason = reasonLine(now?.code, now?.reason, t, language);
  const title = t(`bot.${face.title}`);
  const asks = now?.env === "testnet" || now?.env === "live" || state === "HALTED";
  const press = (act: BotCommand) => {
    if (act === "flatten") openDialog({ kind: "flatten", market });
    else if (act === "start" && asks) setAsking(true);
    else command.run(act);
  };
  const label = (act: BotCommand) => (act === "start" && state === "PAUSED" ? t("bot.resume") : act === "flatten" ? t("bot.flattenShort") : t(`bot.${act}`));
  return (
    <section className={css.card} id="bot" tabIndex={-1} aria-label={t("bot.title")} data-stale={stale}>
      <div className={css.state}>
        <span className={css.dot} data-tone={stale ? "idle" : face.tone}><Icon name={stale ? "clock" : face.icon} /></span>
        <div className={css.words} aria-live="polite">
          <strong>{stale && state ? t("bot.lastKnown", { state: title.toLowerCase() }) : title}</strong>
          <small>{(state !== "STOPPED" && reason) || (state === "STOPPED" && now?.resting === 0 ? t("bot.nothingOurs") : t("bot.resting", { count: now?.resting ?? 0 }))}</small>
        </div>
        {staleWords && <StaleTag words={staleWords} />}
      </div>
      {mayControl ? <div className={css.buttons}>
        {ORDER.map((act) => (
          <Button key={act} size="tall" data-spare={isSpare(act, face.offers)} look={lookOf(act, face.offers[act])} disabled={face.offers[act] === "off" || (act === "flatten" && !mayFlatten)} title={act === "flatten" && !mayFlatten ? t("access.needsOwner") : undefined} onClick={() => press(act)}>
            <Icon name={ICONS[act]} />{label(act)}
          </Button>
        ))}
      </div> : <ReadOnly />}
      {stale && mayControl && <p className={css.blind}>{t("bot.blind")}</p>}
      <div aria-live="polite" className={css.live}><BotResult state={command.state} /></div>
      <Modal opened={asking} onClose={() => setAsking(false)} title={t("bot.startTitle", { env: (now?.env ?? "").toUpperCase() })} closeOnClickOutside={false} closeButtonProps={{ "aria-label": t("action.back") }}>
        {state === "HALTED" && <p className={css.halted}>{t("bot.haltedBecause", { reason })}</p>}
        <StartSummary market={market} onBack={() => setAsking(false)} onStart={() => { setAsking(false); command.run("start"); }} />
      </Modal>
    </section>
  );
}

/** On a narrow screen Start and Pause share one place: the one that does nothing now gives way. */
function isSpare(act: BotCommand, offers: Offers): boolean {
  return act === "start" ? offers.start === "off" : act === "pause" && offers.start !== "off";
}

function lookOf(act: BotCommand, offer: Offer): "primary" | "outlined" | "plain" {
  if (offer === "off") return "plain";
  if (act === "flatten") return "outlined";
  return offer === "suggested" ? "primary" : "plain";
}
