import { notifications } from "@mantine/notifications";
import { useCallback } from "react";
import { Button } from "../../components/ui/Button";
import { Glyph } from "../../components/ui/Glyph";
import { Icon } from "../../components/ui/Icon";
import { useMay } from "../../lib/access";
import { api } from "../../lib/api";
import { formatAge, formatNumber, formatPrice, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { shapeOf } from "../../lib/order-face";
import { useNow } from "../../lib/time";
import { useCommand } from "../../lib/use-command";
import { refusalWords } from "../../lib/refusals";
import { usePicture } from "../../stream/store";
import css from "./Ladder.module.css";

/** One order of ours, opened from its chip: what it is, how long it lives, who stands before it, and its end. */
export function OwnOrderBar({ market, id, onClose }: { market: string; id: string; onClose: () => void }) {
  const { t, language } = useWords();
  const now = useNow();
  const order = usePicture((picture) => picture.orders?.[id]);
  const ahead = usePicture((picture) => picture.markets?.[market]?.queue?.[id]);
  const lot = usePicture((picture) => picture.markets?.[market]?.lot_size);
  const what = order ? t("orders.name", { side: t(`side.${order.side}`), size: formatSize(order.qty, lot, language), price: formatPrice(order.price, order.price, language) }) : "";
  const cancel = useCallback(async (key: string) => {
    const answer = await api.cancelOrder(key);
    notifications.show({ message: t("orders.cancelled", { what }), color: "gray", autoClose: 4000 });
    return answer;
  }, [t, what]);
  const { state, run } = useCommand(cancel);
  const may = useMay("control");
  if (!order) return <div className={css.legend}><span>{t("book.gone")}</span><Close onClose={onClose} /></div>;
  const shape = shapeOf(order.status);
  const left = order.expireTime && order.expireTime > now ? order.expireTime - now : null;
  return (
    <div className={css.legend} data-own-order={id} role="group" aria-label={what}>
      <span className={shape === "unknown" ? "tone-warn" : "tone-own"}><Glyph shape={shape} /></span>
      <span className={css.what}>
        <b>{what}</b>
        {ahead ? <> · {t("book.aheadOf", { size: formatNumber(ahead, language, { decimals: 3 }) })}</> : null}
        {left !== null && left < 86_400_000 ? <> · {t("book.expiresIn", { time: formatAge(left, language) })}</> : null}
        {state.kind === "refused" ? <> · {refusalWords(state.error, t, language)}</> : null}
        {state.kind === "unknown" ? <> · {t("orders.cancelUnknown")}</> : null}
      </span>
      {may && <Button size="small" disabled={state.kind === "pending" || shape === "cancelling"} onClick={() => void run(id)}>{t("book.cancelIt")}</Button>}
      <Close onClose={onClose} />
    </div>
  );
}

function Close({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  return <button type="button" className={css.close} aria-label={t("action.back")} onClick={onClose}><Icon name="cross" size={12} /></button>;
}
