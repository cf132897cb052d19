run ->(env) { [200, { "content-type" => "text/plain" }, ["hello from #{env["PATH_INFO"]}"]] }
