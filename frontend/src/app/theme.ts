import { type CSSVariablesResolver, type MantineColorsTuple, createTheme } from "@mantine/core";

const own: MantineColorsTuple = ["#e3effc", "#c9e2fb", "#9fcdf9", "#7cbcf8", "#62b6ff", "#3f97e6", "#2a7ecb", "#1d5fa8", "#0a5fbd", "#084a94"];

export const FONT = '"IBM Plex Sans", system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

export const theme = createTheme({
  fontFamily: FONT,
  fontFamilyMonospace: '"IBM Plex Mono", ui-monospace, Menlo, Consolas, monospace',
  fontSizes: { xs: "11px", sm: "12px", md: "13px", lg: "14px", xl: "15px" },
  colors: { own },
  primaryColor: "own",
  primaryShade: { light: 8, dark: 7 },
  defaultRadius: 4,
  respectReducedMotion: true,
});

const TOKENS = {
  "--mantine-color-body": "var(--mm-bg-panel)",
  "--mantine-color-text": "var(--mm-text)",
  "--mantine-color-dimmed": "var(--mm-text-2)",
  "--mantine-color-default": "var(--mm-bg-raised)",
  "--mantine-color-default-hover": "var(--mm-bg-hover)",
  "--mantine-color-default-color": "var(--mm-text)",
  "--mantine-color-default-border": "var(--mm-line)",
  "--mantine-color-error": "var(--mm-down)",
  "--mantine-color-placeholder": "var(--mm-text-3)",
  "--mantine-color-anchor": "var(--mm-own)",
};

/** Mantine draws with our tokens; no component picks a colour of its own. */
export const cssVariables: CSSVariablesResolver = () => ({ variables: {}, light: TOKENS, dark: TOKENS });
