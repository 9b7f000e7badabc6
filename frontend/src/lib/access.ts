import { useQuery } from "@tanstack/react-query";
import { useStream } from "../stream/store";
import { api } from "./api";

export type Role = "read" | "control" | "danger";
export type Access = { readonly may: readonly Role[] };

const EVERY_MS = 5000;

/** Whether a button of this role would be obeyed. Unknown counts as yes: a way out is never locked by a guess. */
export function allows(access: Access | undefined, role: Role): boolean {
  return access === undefined || access.may.includes(role);
}

/** What the token of this tab may do; asked again, since a token can be rotated or replaced. */
export function useMay(role: Role): boolean {
  const known = useStream((state) => state.view.picture !== null);
  const { data } = useQuery({ queryKey: ["access"], queryFn: api.access, refetchInterval: EVERY_MS, enabled: known });
  return allows(data, role);
}
