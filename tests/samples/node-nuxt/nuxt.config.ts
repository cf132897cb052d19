export default defineNuxtConfig({ runtimeConfig: { guestbookFile: "" } });
