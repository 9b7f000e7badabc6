/** How an order of any status is drawn: five shapes, the same everywhere. */
export type Shape = "wished" | "placing" | "resting" | "cancelling" | "unknown" | "ended";

const SHAPES: Readonly<Record<string, Shape>> = {
  WISHED: "wished",
  PLACING: "placing",
  ACKED: "placing",
  PLACED: "placing",
  NEW: "resting",
  RESTING: "resting",
  PARTIALLY_FILLED: "resting",
  UNTRIGGERED: "resting",
  CANCELLING: "cancelling",
  UNKNOWN: "unknown",
  FILLED: "ended",
  CANCELLED: "ended",
  REJECTED: "ended",
  EXPIRED: "ended",
};

/** A status nobody told us about is unknown, never gone. */
export function shapeOf(status: string | null | undefined): Shape {
  return SHAPES[(status ?? "").toUpperCase()] ?? "unknown";
}

export function isOpen(status: string | null | undefined): boolean {
  return shapeOf(status) !== "ended";
}
