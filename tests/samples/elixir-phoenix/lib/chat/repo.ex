defmodule Chat.Repo do
  use Ecto.Repo, otp_app: :chat, adapter: Ecto.Adapters.Postgres
end
