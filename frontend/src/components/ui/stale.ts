import { createContext, useContext } from "react";

/** Words to show on every panel while what it shows is old; null while fresh. */
export const StaleContext = createContext<string | null>(null);

export function useStaleWords(): string | null {
  return useContext(StaleContext);
}
