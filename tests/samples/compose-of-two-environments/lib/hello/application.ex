defmodule Hello.Application do
  use Application
  def start(_, _), do: Supervisor.start_link([Hello.Repo, HelloWeb.Endpoint], strategy: :one_for_one)
end
