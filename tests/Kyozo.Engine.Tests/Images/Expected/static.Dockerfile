# Made by Kyozo for static files. In the build context the service's folder is app/.
FROM nginx:1.28-bookworm
COPY .kyozo/nginx.conf /etc/nginx/nginx.conf
COPY app/ /srv/
USER 1000:1000
EXPOSE 8080
CMD ["nginx", "-e", "/dev/stderr", "-g", "daemon off;"]
