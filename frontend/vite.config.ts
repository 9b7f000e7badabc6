import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const backend = process.env.MMBOT_DEV_BACKEND ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  build: { outDir: "../backend/ui_dist", emptyOutDir: true, target: "es2023", chunkSizeWarningLimit: 700 },
  server: {
    // The backend refuses strange origins; while developing, the page comes from here and asks as if from there.
    proxy: {
      "/api": { target: backend, changeOrigin: true, headers: { origin: backend } },
      "/ws": { target: backend, changeOrigin: true, headers: { origin: backend }, ws: true },
    },
  },
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"],
    setupFiles: ["tests/setup.ts"],
    css: { modules: { classNameStrategy: "non-scoped" } },
    maxWorkers: 2,
    // Queries by role are slow in jsdom, and machines are shared.
    testTimeout: 30_000,
  },
});
