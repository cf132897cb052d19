import Config

config :chat, Chat.Repo, url: System.get_env("DATABASE_URL")
config :chat, ChatWeb.Endpoint, http: [port: String.to_integer(System.get_env("PORT") || "4000")]
