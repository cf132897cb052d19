# Made by Kyozo for a Python service. In the build context app/ is what it needs of its monorepo.
FROM python:3.12-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH VIRTUAL_ENV=/venv PIP_DISABLE_PIP_VERSION_CHECK=1
COPY app/ ./
WORKDIR /app/services/api
RUN pip install --no-cache-dir -r requirements.txt

FROM python:3.12-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp PORT=8080
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH
COPY --chown=1000:1000 app/ /app/
WORKDIR /app/services/api
USER 1000:1000
EXPOSE 8080
CMD ["python", "main.py"]
