# Made by Kyozo for a Python service. In the build context the service's folder is app/.
FROM python:3.12-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp PORT=8000
COPY --chown=1000:1000 app/ /app/
WORKDIR /app
USER 1000:1000
EXPOSE 8000
CMD ["python", "main.py"]
