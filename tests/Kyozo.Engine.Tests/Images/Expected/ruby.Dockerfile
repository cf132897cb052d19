# Made by Kyozo for a Ruby service. In the build context the service's folder is app/.
FROM ruby:3.4-bookworm AS build
ENV BUNDLE_PATH=/bundle BUNDLE_WITHOUT=development:test
WORKDIR /app
COPY app/Gemfile app/Gemfile.lock ./
RUN bundle install

FROM ruby:3.4-bookworm
ENV RACK_ENV=production RAILS_ENV=production RAILS_LOG_TO_STDOUT=1 HOME=/tmp PORT=3000
ENV BUNDLE_PATH=/bundle BUNDLE_WITHOUT=development:test
COPY --from=build /bundle /bundle
COPY --chown=1000:1000 app/ /app/
WORKDIR /app
USER 1000:1000
EXPOSE 3000
CMD exec bundle exec rackup --host 0.0.0.0 --port $PORT
