import type { ButtonHTMLAttributes } from "react";
import css from "./Button.module.css";

type Look = "outlined" | "plain" | "primary" | "up" | "down" | "danger" | "warn" | "ghost";
type Props = ButtonHTMLAttributes<HTMLButtonElement> & { [name: `data-${string}`]: unknown; look?: Look; size?: "small" | "normal" | "large" | "tall" };

export function Button({ look = "plain", size = "normal", className, type, ...rest }: Props) {
  return <button {...rest} type={type === "submit" ? "submit" : "button"} className={`${css.button} ${css[look]} ${css[size]} ${className ?? ""}`} />;
}
