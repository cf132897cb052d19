defmodule Hello.MixProject do
  use Mix.Project
  def project, do: [app: :hello, version: "0.1.0", deps: deps()]
  def application, do: [mod: {Hello.Application, []}]
  defp deps, do: [{:phoenix, "~> 1.7.12"}, {:phoenix_ecto, "~> 4.5"}, {:ecto_sql, "~> 3.10"}, {:postgrex, ">= 0.0.0"}]
end
