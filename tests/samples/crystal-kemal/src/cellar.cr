require "kemal"

get "/health" { "ok" }
Kemal.run
