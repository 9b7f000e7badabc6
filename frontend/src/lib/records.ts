import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { type RecordsPath, api } from "./api";

type Timed = { readonly at_ms: number };

export type FillRecord = Timed & {
  readonly trade_id: string; readonly market: string; readonly client_order_id: string | null; readonly exchange_order_id: string;
  readonly side: "BUY" | "SELL"; readonly price: string; readonly size: string; readonly value: string; readonly fee: string; readonly is_maker: boolean; readonly kind: string;
};
/** Funding: `amount` positive is received. */
export type FundingRecord = Timed & {
  readonly payment_id: string; readonly market: string; readonly size: string; readonly value: string; readonly mark_price: string; readonly rate: string; readonly amount: string;
};
export type PastOrder = Timed & {
  readonly client_order_id: string; readonly exchange_order_id: string | null; readonly market: string; readonly side: "BUY" | "SELL"; readonly price: string | null; readonly size: string;
  readonly filled: string | null; readonly average_price: string | null; readonly status: string; readonly reason: string | null; readonly owner: string; readonly time_in_force: string;
  readonly post_only: boolean; readonly reduce_only: boolean; readonly replaces: string | null; readonly updated_ms: number; readonly ended_ms: number | null;
};
export type DecisionRecord = Timed & { readonly event: string; readonly market: string; readonly level: string; readonly fields: Readonly<Record<string, unknown>> };
export type AlertLevel = "info" | "warning" | "critical";
export type AlertRecord = Timed & { readonly seq: number; readonly level: AlertLevel; readonly event: string; readonly text: string };

export type Kinds = { fills: FillRecord; funding: FundingRecord; orders: PastOrder; decisions: DecisionRecord; alerts: AlertRecord };
const PATHS: Readonly<Record<keyof Kinds, RecordsPath>> = {
  fills: "/api/fills", funding: "/api/funding", orders: "/api/orders/history", decisions: "/api/decisions", alerts: "/api/alerts",
};

const PAGE_ROWS = 500;
const MOST_PAGES = 20;

/** Rows of every page once, newest first; a row on the edge of two pages comes with both. */
export function withoutTwins<Row>(pages: readonly (readonly Row[])[], keyOf: (row: Row) => string): Row[] {
  const seen = new Set<string>();
  return pages.flat().filter((row) => {
    const key = keyOf(row);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Where the next page begins: one millisecond is asked for twice, so that rows of the same instant are not lost. */
export function nextPage(rows: readonly Timed[], asked: number | undefined): number | undefined {
  const last = rows.at(-1);
  if (!last || rows.length < PAGE_ROWS || last.at_ms + 1 === asked) return undefined;
  return last.at_ms + 1;
}

export type RecordsList<Row> = { readonly rows: readonly Row[] | null; readonly problem: string | null; readonly more: (() => void) | undefined };

/** Rows of the records, newest first and refreshed; older ones are read when the end comes into view. */
export function useRecords<Kind extends keyof Kinds>(kind: Kind, keyOf: (row: Kinds[Kind]) => string, everyMs: number): RecordsList<Kinds[Kind]> {
  const query = useInfiniteQuery({
    queryKey: ["records", kind],
    queryFn: async ({ pageParam }) => {
      const answer = await api.records(PATHS[kind], { limit: PAGE_ROWS, ...(pageParam === undefined ? {} : { before: pageParam }) });
      return { rows: answer[kind] as Kinds[Kind][], problem: answer.records === "ok" ? null : String(answer.records) };
    },
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (last, pages, asked) => (pages.length < MOST_PAGES ? nextPage(last.rows, asked) : undefined),
    // Every page is read again each time, so a long list is looked at less often.
    refetchInterval: ({ state }) => everyMs * (state.data?.pages.length ?? 1) ** 2,
    placeholderData: keepPreviousData,
  });
  const { data, isError, hasNextPage, isFetching, fetchNextPage } = query;
  const rows = useMemo(() => (data ? withoutTwins(data.pages.map((page) => page.rows), keyOf) : null), [data, keyOf]);
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const problem = isError ? "unreachable" : (data?.pages[0]?.problem ?? null);
  return { rows, problem, more: hasNextPage && !isFetching ? more : undefined };
}
