import { Modal, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { Button } from "../../components/ui/Button";
import { CommandNote } from "../../components/ui/CommandNote";
import { Icon } from "../../components/ui/Icon";
import { ReasonNumbers } from "../../lib/ReasonNumbers";
import { api } from "../../lib/api";
import { formatAge, formatMoney, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { useCommand } from "../../lib/use-command";
import { usePicture, useStream } from "../../stream/store";
import css from "./FlattenDialog.module.css";
import { FlattenResult } from "./FlattenResult";
import { FlattenTable } from "./FlattenTable";
import { flattenSums, hasWorsened } from "./flatten-preview";

const PREVIEW_EVERY_MS = 1000;
const LOCKED_MS = 1000;

type Props = { market: string; opened: boolean; onClose: () => void };

/** Asks before a position is closed: what happens in which order, what it costs, what it costs at worst. */
export function FlattenDialog({ market, opened, onClose }: Props) {
  const { t } = useWords();
  return (
    <Modal opened={opened} onClose={onClose} size={780} title={<span className={css.title}><Icon name="flatten" />{t("flatten.title", { market })}</span>} closeOnClickOutside={false} closeButtonProps={{ "aria-label": t("action.back") }}>
      {opened && <FlattenForm market={market} onClose={onClose} />}
    </Modal>
  );
}

function FlattenForm({ market, onClose }: { market: string; onClose: () => void }) {
  const { t, language } = useWords();
  const { data: preview, isError } = useQuery({ queryKey: ["flatten", market], queryFn: () => api.flattenPreview(market), refetchInterval: PREVIEW_EVERY_MS, gcTime: 0 });
  const isStale = useStream(({ view }) => view.status === "stale");
  const env = usePicture((now) => now.env);
  const lot = usePicture((now) => now.markets?.[market]?.lot_size);
  const [typed, setTyped] = useState("");
  const command = useCommand(useCallback(() => api.flatten(market), [market]));
  const sums = preview ? flattenSums(preview) : null;
  const locked = useWorseningLock(sums?.expected.total ?? null);
  const [base = ""] = market.split("-");
  const blind = isStale || isError;
  const mustType = env !== "paper";
  const confirmed = !mustType || typed.trim().toUpperCase() === market;
  const nothing = !blind && preview !== undefined && preview.side === null;
  const busy = command.state.kind === "pending";
  const size = `${formatSize(preview?.size, lot, language)} ${base}`;
  const act = blind || !preview?.side ? t("flatten.actBlind") : t(preview.side === "SELL" ? "flatten.actSell" : "flatten.actBuy", { size });
  return (
    <div className={css.form}>
      {blind && <CommandNote tone="unknown"><b>{t("flatten.blindTitle")}</b> {t("flatten.blind")}</CommandNote>}
      {nothing && <p className={css.lead}>{t("flatten.nothing")}</p>}
      {preview?.side && <p className={css.lead}>{t(preview.side === "SELL" ? "flatten.leadSell" : "flatten.leadBuy", { size, cost: formatMoney(sums?.expected.total, language, { sign: true, code: "USD" }) })}</p>}
      <div className={css.columns}>
        <div>
          <h3>{t("flatten.order")}</h3>
          <ol className={css.steps}>
            <li>{t("flatten.step1")}</li>
            <li>{t("flatten.step2")}</li>
            <li>{t("flatten.step3", { caps: (preview?.caps ?? []).length || 5 })}</li>
            <li>{t("flatten.step4")}</li>
          </ol>
          {preview?.reason && preview.side && <CommandNote tone="unknown">{language === "en" ? preview.reason : <>{t("flatten.withheld")} <ReasonNumbers text={preview.reason} /></>}</CommandNote>}
        </div>
        {preview?.side && sums && <FlattenTable market={market} preview={preview} sums={sums} />}
      </div>
      {mustType && <TextInput label={t("flatten.type", { market })} value={typed} autoComplete="off" data-autofocus onChange={(event) => setTyped(event.currentTarget.value)} />}
      <div aria-live="polite"><FlattenResult state={command.state} market={market} /></div>
      <div className={css.acts}>
        <span>{preview?.mark_age_ms !== undefined && preview.mark_age_ms !== null ? t("flatten.follows", { age: formatAge(preview.mark_age_ms, language) }) : null}</span>
        <Button size="large" {...(mustType ? {} : { "data-autofocus": true })} onClick={onClose}>{t("action.back")}</Button>
        <Button size="large" look="danger" disabled={nothing || busy || locked || !confirmed} onClick={() => void command.run()}><Icon name="flatten" />{act}</Button>
      </div>
      {locked && <p className={css.worse} role="alert">{t("flatten.worse", { cost: formatMoney(sums?.expected.total, language, { sign: true, code: "USD" }) })}</p>}
    </div>
  );
}

/** Lock for a second when the cost worsens by more than a quarter, so that nobody confirms a figure that has gone. */
function useWorseningLock(total: ReturnType<typeof flattenSums>["expected"]["total"]): boolean {
  const seen = useRef<typeof total>(null);
  const [locked, setLocked] = useState(false);
  useEffect(() => {
    if (seen.current === null) seen.current = total;
    if (!hasWorsened(seen.current, total)) return undefined;
    seen.current = total;
    setLocked(true);
    const timer = setTimeout(() => setLocked(false), LOCKED_MS);
    return () => clearTimeout(timer);
  }, [total]);
  return locked;
}
