# Made by Kyozo for a Python service. In the build context the service's folder is app/.
FROM python:3.12-slim-bookworm AS build
WORKDIR /app
COPY .kyozo/ca-certificates.crt /kyozo/ca-certificates.crt
ARG PIP_CERT=/kyozo/ca-certificates.crt
ARG REQUESTS_CA_BUNDLE=/kyozo/ca-certificates.crt
ARG SSL_CERT_FILE=/kyozo/ca-certificates.crt
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH VIRTUAL_ENV=/venv PIP_DISABLE_PIP_VERSION_CHECK=1
COPY app/requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt

FROM python:3.12-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp PORT=8000
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH
COPY --chown=1000:1000 app/ /app/
WORKDIR /app
USER 1000:1000
EXPOSE 8000
CMD exec gunicorn app:app --bind 0.0.0.0:$PORT
