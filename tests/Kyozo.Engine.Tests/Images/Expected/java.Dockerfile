# Made by Kyozo for a Java service. In the build context the service's folder is app/.
FROM maven:3.9-eclipse-temurin-21 AS build
WORKDIR /src
COPY app/pom.xml ./
RUN mvn --batch-mode --quiet dependency:go-offline || true
COPY app/ ./
RUN mvn --batch-mode --quiet package -DskipTests
RUN mkdir /out && cp "$(ls -S target/*.jar | grep -v -e sources -e javadoc -e original | head -n 1)" /out/service.jar

FROM eclipse-temurin:21-jre
ENV PORT=8080 SERVER_PORT=8080
COPY --from=build --chown=1000:1000 /out /app
WORKDIR /app
USER 1000:1000
EXPOSE 8080
CMD ["java", "-XX:MaxRAMPercentage=75", "-jar", "service.jar"]
