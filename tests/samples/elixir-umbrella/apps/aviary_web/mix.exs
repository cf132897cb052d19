defmodule AviaryWeb.MixProject do
  use Mix.Project

  def project, do: [app: :aviary_web, version: "0.1.0", deps: [{:phoenix, "~> 1.7"}, {:aviary, in_umbrella: true}]]
end
