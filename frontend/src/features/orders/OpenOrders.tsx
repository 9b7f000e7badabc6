import { notifications } from "@mantine/notifications";
import { type ReactNode, useCallback, useMemo } from "react";
import { type Column, DataTable } from "../../components/ui/DataTable";
import { Direction } from "../../components/ui/Direction";
import { Glyph } from "../../components/ui/Glyph";
import { Icon } from "../../components/ui/Icon";
import { Owner } from "../../components/ui/Owner";
import type { Field } from "../../components/ui/table-view";
import { useMay } from "../../lib/access";
import { api } from "../../lib/api";
import { MISSING, formatAge, formatNumber, formatPrice, formatSize, shortId } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { shapeOf } from "../../lib/order-face";
import { useNow } from "../../lib/time";
import { useCommand } from "../../lib/use-command";
import { refusalWords } from "../../lib/refusals";
import { lotsOf, ticksOf } from "../../stream/select";
import { usePicture } from "../../stream/store";
import css from "./tables.module.css";
import { type OpenOrder, openOrders } from "./order-rows";
import { OWNER_ICON } from "./owners";

/** Every order that may still fill: the bot's, ours by hand, and other programs'. */
export function OpenOrders({ tools }: { tools?: ReactNode }) {
  const { t, language } = useWords();
  const now = useNow();
  const orders = usePicture((picture) => picture.orders);
  const ticks = usePicture(ticksOf);
  const lots = usePicture(lotsOf);
  const rows = useMemo(() => openOrders(orders), [orders]);
  const columns: Column<OpenOrder>[] = [
    { id: "age", head: t("table.age"), wide: true, value: (row) => row.createdTime, cell: (row) => formatAge(row.createdTime ? now - row.createdTime : null, language) },
    { id: "owner", head: t("table.owner"), value: (row) => row.who, words: (row) => t(`owner.${row.who}`), cell: (row) => <Owner icon={OWNER_ICON[row.who]}>{t(`owner.${row.who}`)}</Owner> },
    { id: "market", head: t("table.market"), wide: true, value: (row) => row.market, cell: (row) => row.market },
    { id: "side", head: t("table.side"), value: (row) => row.side, words: (row) => t(`side.${row.side}`), cell: (row) => <Direction up={row.side === "BUY"}>{t(`side.${row.side}`)}</Direction> },
    { id: "price", head: t("table.price"), align: "right", value: (row) => row.price, cell: (row) => <b>{formatPrice(row.price, ticks?.[row.market] ?? row.price, language)}</b> },
    { id: "size", head: t("table.size"), align: "right", value: (row) => row.qty, cell: (row) => formatSize(row.qty, lots?.[row.market], language) },
    { id: "filled", head: t("table.filled"), align: "right", wide: true, value: (row) => row.filledQty ?? "0", cell: (row) => formatSize(row.filledQty ?? "0", lots?.[row.market], language) },
    { id: "state", head: t("table.state"), value: (row) => row.status, words: (row) => t(`order.${shapeOf(row.status)}`), cell: (row) => <OrderState row={row} /> },
    { id: "ahead", head: t("book.ahead"), align: "right", wide: true, cell: (row) => <Ahead row={row} /> },
    { id: "type", head: t("table.type"), wide: true, value: (row) => (row.postOnly ? "POST_ONLY" : row.timeInForce), cell: (row) => typeWords(row, t("ticket.reduceOnly")) },
    { id: "expires", head: t("table.expires"), align: "right", wide: true, value: (row) => row.expireTime, cell: (row) => formatAge(row.expireTime && row.expireTime > now ? row.expireTime - now : null, language) },
    { id: "id", head: t("table.id"), wide: true, roomy: true, value: (row) => row.externalId ?? row.key, cell: (row) => <span className={css.mono} title={row.externalId ?? row.key}>{shortId(row.externalId ?? row.key)}</span> },
    { id: "cancel", head: t("table.cancel"), quietHead: true, align: "right", cell: (row) => (row.who === "foreign" ? null : <CancelCross row={row} />) },
  ];
  return (
    <DataTable
      caption={t("tabs.orders")} columns={columns} fields={FILE_FIELDS} rows={rows} rowKey={keyOf} file="orders" tools={tools}
      rowTone={(row) => (row.who === "foreign" ? "muted" : shapeOf(row.status) === "unknown" ? "warn" : undefined)} empty={orders ? t("empty.orders") : t("empty.waiting")}
    />
  );
}

const keyOf = (row: OpenOrder) => row.key;
const FILE_FIELDS: readonly Field<OpenOrder>[] = [
  { id: "exchange_id", head: "exchange_id", value: (row) => row.id },
  { id: "reduce_only", head: "reduce_only", value: (row) => row.reduceOnly },
];

function typeWords(row: OpenOrder, reduceOnly: string): string {
  const type = row.postOnly ? "POST_ONLY" : (row.timeInForce ?? "");
  return row.reduceOnly ? `${type} \u00b7 ${reduceOnly}` : type;
}

/** Reads the queue itself: it moves with every trade, and the table around it does not. */
function Ahead({ row }: { row: OpenOrder }) {
  const { t, language } = useWords();
  const size = usePicture((now) => now.markets?.[row.market]?.queue?.[row.key]);
  return <span title={t("book.aheadHelp")}>{size ? formatNumber(size, language, { decimals: 3 }) : MISSING}</span>;
}

function OrderState({ row }: { row: OpenOrder }) {
  const { t } = useWords();
  const shape = shapeOf(row.status);
  const tone = row.who === "foreign" ? undefined : shape === "unknown" ? "tone-warn" : shape === "resting" ? "tone-own" : undefined;
  return <span className={css.state} title={row.status}><span className={tone}><Glyph shape={shape} /></span>{t(`order.${shape}`)}</span>;
}

function CancelCross({ row }: { row: OpenOrder }) {
  const { t, language } = useWords();
  const may = useMay("control");
  const what = t("orders.name", { side: t(`side.${row.side}`), size: formatSize(row.qty, null, language), price: formatPrice(row.price, row.price, language) });
  const cancel = useCallback(async (id: string) => {
    const answer = await api.cancelOrder(id);
    notifications.show({ message: t("orders.cancelled", { what }), color: "gray", autoClose: 4000 });
    return answer;
  }, [t, what]);
  const { state, run } = useCommand(cancel);
  const busy = state.kind === "pending" || shapeOf(row.status) === "cancelling";
  if (!may) return null;
  return (
    <>
      {state.kind === "refused" && <span className={css.refused} role="status">{refusalWords(state.error, t, language)}</span>}
      {state.kind === "unknown" && <span className={css.refused} role="status">{t("orders.cancelUnknown")}</span>}
      <button type="button" className={css.cross} disabled={busy} aria-label={t("orders.cancel", { what })} title={t("orders.cancel", { what })} onClick={() => void run(String(row.externalId ?? row.key))}>
        <Icon name="cross" size={12} />
      </button>
    </>
  );
}
