require 'sinatra'

set :port, ENV.fetch('PORT', 4567)

get '/' do
  'hello'
end
