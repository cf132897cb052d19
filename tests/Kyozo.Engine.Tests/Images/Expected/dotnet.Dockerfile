# Made by Kyozo for a .NET service. In the build context the service's folder is app/.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
ARG DOTNET_CLI_TELEMETRY_OPTOUT=1
COPY app/Shop.Api.csproj app/Directory.Packages.props ./
RUN dotnet restore Shop.Api.csproj
COPY app/ ./
RUN dotnet publish Shop.Api.csproj --configuration Release --output /out -nologo

FROM mcr.microsoft.com/dotnet/aspnet:10.0
ENV DOTNET_EnableDiagnostics=0 DOTNET_ROLL_FORWARD=Major HOME=/tmp PORT=8080 ASPNETCORE_HTTP_PORTS=8080
COPY --from=build --chown=1000:1000 /out /app
WORKDIR /app
USER 1000:1000
EXPOSE 8080
CMD ["dotnet", "shop.dll"]
