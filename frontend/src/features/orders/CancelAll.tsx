import { Modal } from "@mantine/core";
import { useCallback, useState } from "react";
import { Button } from "../../components/ui/Button";
import { CommandNote } from "../../components/ui/CommandNote";
import { useMay } from "../../lib/access";
import { api } from "../../lib/api";
import { closeDialog, openDialog, useDialog } from "../../lib/dialogs";
import { useWords } from "../../lib/i18n";
import { useCommand } from "../../lib/use-command";
import { refusalWords } from "../../lib/refusals";
import type { Owner } from "../../stream/messages";
import { streamStore, usePicture } from "../../stream/store";
import css from "./CancelAll.module.css";
import { type Cancelled, cancelEach, countByOwner, keysOf } from "./cancel-all";

const OWNERS = ["bot", "hand", "foreign"] as const;

/** The button beside the tables; the dialog asks whose orders are meant. */
export function CancelAll() {
  const { t } = useWords();
  return useMay("control") && <Button size="small" look="outlined" onClick={() => openDialog({ kind: "cancelAll" })}>{t("cancelAll.button")}</Button>;
}

/** Cancel all, by owner: the bot's are ticked, a person's and strangers' are not. The bot is paused first, or it would quote again. */
export function CancelAllDialog() {
  const { t } = useWords();
  const may = useMay("control");
  const opened = useDialog()?.kind === "cancelAll" && may;
  return (
    <Modal opened={opened} onClose={closeDialog} title={t("cancelAll.title")} closeOnClickOutside={false} closeButtonProps={{ "aria-label": t("action.back") }}>
      {opened && <CancelForm />}
    </Modal>
  );
}

function CancelForm() {
  const { t, language } = useWords();
  const counts = usePicture((now) => countByOwner(now.orders));
  const state = usePicture((now) => now.bot?.state);
  const [chosen, setChosen] = useState<Readonly<Record<Owner, boolean>>>({ bot: true, hand: false, foreign: false });
  const pauses = chosen.bot && state !== "STOPPED" && state !== "PAUSED" && state !== "HALTED";
  const send = useCallback(async (): Promise<Cancelled> => {
    if (pauses) await api.pauseBot();
    const orders = streamStore.getState().view.picture?.orders;
    return cancelEach(keysOf(orders, chosen), api.cancelOrder);
  }, [chosen, pauses]);
  const command = useCommand(send);
  const some = OWNERS.some((owner) => chosen[owner] && ((counts?.[owner] ?? 0) > 0 || (owner === "bot" && pauses)));
  return (
    <div className={css.form}>
      <fieldset className={css.owners}>
        <legend>{t("cancelAll.whose")}</legend>
        {OWNERS.map((owner) => (
          <label key={owner}>
            <input type="checkbox" checked={chosen[owner]} onChange={(event) => setChosen({ ...chosen, [owner]: event.currentTarget.checked })} />
            {t(`cancelAll.${owner}`)} <b>{counts?.[owner] ?? 0}</b>
          </label>
        ))}
      </fieldset>
      {pauses && <p className={css.note}>{t("cancelAll.pauses")}</p>}
      <div aria-live="polite">
        {command.state.kind === "pending" && <CommandNote tone="pending">{t("command.pending")}</CommandNote>}
        {command.state.kind === "refused" && <CommandNote tone="refused"><b>{t("command.refused")}</b> {refusalWords(command.state.error, t, language)}</CommandNote>}
        {command.state.kind === "unknown" && <CommandNote tone="unknown"><b>{t("command.unknownTitle")}</b> {t("command.unknown")}</CommandNote>}
        {command.state.kind === "done" && <Outcome answer={command.state.answer} paused={pauses || state === "PAUSED"} />}
      </div>
      <div className={css.acts}>
        <Button data-autofocus onClick={closeDialog}>{t("action.back")}</Button>
        <Button look="danger" disabled={!some || command.state.kind === "pending"} onClick={() => void command.run()}>{t("cancelAll.act")}</Button>
      </div>
    </div>
  );
}

function Outcome({ answer, paused }: { answer: Cancelled; paused: boolean }) {
  const { t } = useWords();
  const words = t("cancelAll.cancelled", { count: answer.cancelled });
  if (answer.left.length === 0) return <CommandNote tone="done"><b>{t("cancelAll.done")}</b> {words} {paused ? t("cancelAll.paused") : ""}</CommandNote>;
  return <CommandNote tone="unknown"><b>{words}</b> {t("cancelAll.left", { count: answer.left.length })} {answer.left.join(", ")}</CommandNote>;
}
