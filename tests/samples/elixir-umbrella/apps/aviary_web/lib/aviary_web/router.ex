defmodule AviaryWeb.Router do
  use Phoenix.Router
end
