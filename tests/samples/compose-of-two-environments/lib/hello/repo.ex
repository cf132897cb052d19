defmodule Hello.Repo do
  use Ecto.Repo, otp_app: :hello, adapter: Ecto.Adapters.Postgres
end
