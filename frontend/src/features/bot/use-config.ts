import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { ApiError } from "../../lib/api";
import type { ApiErrorBody } from "../../lib/api-schema";
import type { Config } from "./config-form";
import { type ConfigNow, type Preview, wire } from "./config-wire";

const PREVIEW_EVERY_MS = 2000;
const LOOK_EVERY_MS = 3000;
const REST_MS = 500;

/** The value once it has rested for a moment: one dry run for each pause, not for each key. */
export function useRested<T>(value: T, key: string): T {
  const [rested, setRested] = useState({ key, value });
  useEffect(() => {
    const timer = setTimeout(() => setRested({ key, value }), REST_MS);
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the key stands for the value
  }, [key]);
  return rested.value;
}

type Refusal = { readonly error: ApiErrorBody; readonly message: string; readonly fields: Readonly<Record<string, string>> };

type Named = { readonly field?: string; readonly message?: string; readonly hint?: string };

/** A refusal of a change, with the words for each field it names. */
export function refusalOf(body: ApiErrorBody): Refusal {
  const { errors } = body as ApiErrorBody & { readonly errors?: readonly Named[] };
  const named = errors ?? [{ field: body.field ?? "", message: body.message, hint: body.hint ?? "" }];
  return { error: body, message: body.message, fields: Object.fromEntries(named.filter((each) => each.field).map((each) => [each.field ?? "", `${each.message ?? ""} ${each.hint ?? ""}`.trim()])) };
}

export function useConfig() {
  const client = useQueryClient();
  const settings = useQuery({ queryKey: ["config-settings"], queryFn: wire.settings, staleTime: Infinity });
  const now = useQuery({ queryKey: ["config-now"], queryFn: wire.now, refetchInterval: LOOK_EVERY_MS, placeholderData: keepPreviousData });
  const history = useQuery({ queryKey: ["config-history"], queryFn: wire.history, refetchInterval: LOOK_EVERY_MS, placeholderData: keepPreviousData });
  const reload = useCallback(() => client.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith("config-") && queryKey[0] !== "config-settings" }), [client]);
  return { settings: settings.data, now: now.data as ConfigNow | undefined, history: history.data ?? [], unreachable: now.isError || settings.isError, reload };
}

/** Dry runs on the live book: what is in force, and what the changes would make of it. */
export function usePreviews(body: Config | null, hash: string | undefined, may: boolean) {
  const key = JSON.stringify(body);
  const rested = useRested(body, key);
  const running = useQuery<Preview>({ queryKey: ["config-preview", hash, "{}"], queryFn: () => wire.preview({}), enabled: may, refetchInterval: PREVIEW_EVERY_MS, placeholderData: keepPreviousData });
  const changed = useQuery<Preview>({ queryKey: ["config-preview", hash, JSON.stringify(rested)], queryFn: () => wire.preview(rested ?? {}), refetchInterval: PREVIEW_EVERY_MS, enabled: may && rested !== null, placeholderData: keepPreviousData });
  const waiting = body !== null && (changed.isPlaceholderData || changed.data === undefined || JSON.stringify(rested) !== key);
  return { running: running.data, changed: body === null ? undefined : changed.data, waiting: may && waiting && !changed.isError, refusal: body !== null && changed.error instanceof ApiError ? refusalOf(changed.error.body) : null };
}
