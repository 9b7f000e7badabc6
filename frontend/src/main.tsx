import "@fontsource/ibm-plex-mono/latin-400.css";
import "@fontsource/ibm-plex-sans/latin-400.css";
import "@fontsource/ibm-plex-sans/latin-500.css";
import "@fontsource/ibm-plex-sans/latin-600.css";
import "@fontsource/ibm-plex-sans/latin-ext-400.css";
import "@fontsource/ibm-plex-sans/latin-ext-500.css";
import "@fontsource/ibm-plex-sans/latin-ext-600.css";
import "@mantine/core/styles/default-css-variables.layer.css";
import "@mantine/core/styles/baseline.layer.css";
import "@mantine/core/styles/global.layer.css";
import "@mantine/core/styles/UnstyledButton.layer.css";
import "@mantine/core/styles/ActionIcon.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/Paper.layer.css";
import "@mantine/core/styles/Group.layer.css";
import "@mantine/core/styles/Loader.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Input.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";
import "@mantine/core/styles/PasswordInput.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/core/styles/Tabs.layer.css";
import "@mantine/core/styles/Text.layer.css";
import "@mantine/core/styles/Title.layer.css";
import "@mantine/core/styles/Notification.layer.css";
import "@mantine/notifications/styles.layer.css";
import "./app/tokens.css";
import "./app/base.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { cssVariables, theme } from "./app/theme";
import { api, socketAddress, tellUnauthorised } from "./lib/api";
import { startWords } from "./lib/i18n";
import { startSettings } from "./lib/settings";
import { readToken } from "./lib/token";
import { Connection, type SocketLike } from "./stream/connection";
import { startHistory } from "./stream/history";
import { publishToStore } from "./stream/store";

startWords();
startSettings();
const connection = new Connection({
  openSocket: () => new WebSocket(socketAddress()) as unknown as SocketLike,
  fetchAccount: api.cachedAccount,
  fetchStatus: api.status,
  token: readToken,
  now: () => Date.now(),
  publish: publishToStore(),
  unauthorised: tellUnauthorised,
});
connection.start();
document.addEventListener("visibilitychange", () => { if (!document.hidden) connection.wake(); });
window.addEventListener("online", () => connection.wake());
window.addEventListener("pageshow", () => connection.wake());
startHistory();

const queries = new QueryClient({ defaultOptions: { queries: { retry: false, refetchOnWindowFocus: true } } });
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="dark">
        <QueryClientProvider client={queries}>
          <Notifications position="bottom-right" limit={3} />
          <App onRetry={() => connection.retryNow()} onRest={() => connection.stop()} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
