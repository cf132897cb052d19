(ns echo.main
  (:require [ring.adapter.jetty :refer [run-jetty]]))

(defn -main []
  (run-jetty (fn [request] {:status 200 :body (:uri request)}) {:port 3000}))
