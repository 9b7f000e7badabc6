import { Ladder } from "../../features/book/Ladder";
import type { AreaProps } from "../page-props";

/** The book with our orders in it. */
export function BookArea({ market, onPick }: AreaProps) {
  return <Ladder market={market} onPick={onPick} />;
}
