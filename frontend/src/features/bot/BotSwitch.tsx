import { Modal } from "@mantine/core";
import { useCallback, useState } from "react";
import { Button } from "../../components/ui/Button";
import { Icon } from "../../components/ui/Icon";
import { StaleTag } from "../../components/ui/Panel";
import { useStaleWords } from "../../components/ui/stale";
import { api } from "../../lib/api";
import { useWords } from "../../lib/i18n";
import { isOpen } from "../../lib/order-face";
import { useCommand } from "../../lib/use-command";
import { usePicture } from "../../stream/store";
import css from "./BotSwitch.module.css";
import { BotResult } from "./BotResult";
import { StartSummary } from "./StartSummary";
import { botFace } from "./bot-state";

export type SwitchAnswer = { readonly did: "start" } | { readonly did: "stop"; readonly remaining: readonly string[] };

/** Start and stop. Start locks while data are old; Stop always works and says when it is sent blind. */
export function BotSwitch({ market }: { market: string }) {
  const { t } = useWords();
  const staleWords = useStaleWords();
  const stale = staleWords !== null;
  const [asking, setAsking] = useState(false);
  const state = usePicture((now) => now.bot?.state);
  const env = usePicture((now) => now.env);
  const reason = usePicture((now) => (now.bot?.state === "RUNNING" ? now.markets?.[market]?.reason : now.bot?.reason));
  const quoting = usePicture((now) => Boolean(now.markets?.[market]?.quotes?.bid ?? now.markets?.[market]?.quotes?.ask)) ?? false;
  const resting = usePicture((now) => Object.values(now.orders ?? {}).filter((order) => order.owner === "bot" && isOpen(order.status)).length) ?? 0;
  const send = useCallback(async (act: "start" | "stop"): Promise<SwitchAnswer> => {
    if (act === "start") {
      await api.startBot();
      return { did: "start" };
    }
    return { did: "stop", remaining: (await api.stopBot()).remaining ?? [] };
  }, []);
  const command = useCommand(send);
  const face = botFace({ state, quoting, stale, busy: command.state.kind === "pending" });
  const title = t(`bot.${face.title}`);
  const start = () => (env === "testnet" || env === "live" ? setAsking(true) : void command.run("start"));
  return (
    <section className={css.card} id="bot" tabIndex={-1} aria-label={t("bot.title")} data-stale={stale}>
      <div className={css.state}>
        <span className={css.dot} data-tone={stale ? "idle" : face.tone}><Icon name={stale ? "clock" : face.icon} /></span>
        <div className={css.words} aria-live="polite">
          <strong>{stale && state ? t("bot.lastKnown", { state: title.toLowerCase() }) : title}</strong>
          <small>{(state !== "STOPPED" && reason) || (state === "STOPPED" && resting === 0 ? t("bot.nothingOurs") : t("bot.resting", { count: resting }))}</small>
        </div>
        {staleWords && <StaleTag words={staleWords} />}
      </div>
      <div className={css.buttons}>
        <Button size="tall" look={face.canStart ? "primary" : "plain"} disabled={!face.canStart} onClick={start}><Icon name="play" />{t("bot.start")}</Button>
        <Button size="tall" disabled={!face.canStop} onClick={() => void command.run("stop")}><Icon name="stop" />{t("bot.stop")}</Button>
      </div>
      {stale && <p className={css.blind}>{t("bot.blind")}</p>}
      <div aria-live="polite" className={css.live}><BotResult state={command.state} /></div>
      <Modal opened={asking} onClose={() => setAsking(false)} title={t("bot.startTitle", { env: (env ?? "").toUpperCase() })} closeOnClickOutside={false} closeButtonProps={{ "aria-label": t("action.back") }}>
        <StartSummary market={market} onBack={() => setAsking(false)} onStart={() => { setAsking(false); void command.run("start"); }} />
      </Modal>
    </section>
  );
}
