{-# LANGUAGE OverloadedStrings #-}
-- Haskell's websockets.
module Main (main) where

import Control.Concurrent (forkIO)
import Control.Exception (Handler (..), SomeException, catches)
import Control.Monad (forM_, forever, when)
import qualified Data.ByteString.Char8 as B
import qualified Data.ByteString.Lazy.Char8 as L
import Data.IORef
import Data.List (isSuffixOf)
import Data.String (fromString)
import qualified Network.WebSockets as WS
import System.Environment (getArgs, lookupEnv)
import System.IO (hFlush, stdout)

say :: L.ByteString -> IO ()
say record = L.putStr record >> hFlush stdout

told :: String -> IO String
told name = maybe "" id <$> lookupEnv name

-- Of ws://HOST:PORT/PATH.
partsOf :: String -> (String, Int, String)
partsOf url = (host, read (drop 1 port), path)
  where (address, path) = break (== '/') (drop (length ("ws://" :: String)) url)
        (host, port) = break (== ':') address

headersOf :: [(String, String)] -> WS.Headers
headersOf pairs = [(fromString name, B.pack value) | (name, value) <- pairs, value /= ""]

converse :: IORef Int -> WS.Connection -> IO ()
converse toCome connection = do
  say "open \n"
  ping <- told "WS_PING"
  files <- words <$> told "WS_SEND"
  _ <- forkIO $ do
    when (ping /= "") $ WS.sendPing connection (L.pack ping)
    forM_ files $ \file -> L.readFile file >>=
      if ".txt" `isSuffixOf` file then WS.sendTextData connection else WS.sendBinaryData connection
  forever $ do
    message <- WS.receiveDataMessage connection
    say $ case message of
      WS.Text bytes _ -> "text " <> L.pack (show (L.length bytes)) <> "\n" <> bytes
      WS.Binary bytes -> "binary " <> L.pack (show (L.length bytes)) <> "\n" <> bytes
    heard connection toCome

heard :: WS.Connection -> IORef Int -> IO ()
heard connection toCome = do
  modifyIORef toCome (subtract 1)
  left <- readIORef toCome
  when (left == 0) $ do
    code <- read <$> told "WS_CLOSE_CODE"
    reason <- told "WS_CLOSE_REASON"
    WS.sendCloseCode connection code (L.pack reason)

main :: IO ()
main = do
  [(host, port, path)] <- map partsOf <$> getArgs
  more <- map (fmap (drop 2) . break (== ':')) . lines <$> told "WS_HEADERS"
  origin <- told "WS_ORIGIN"
  protocols <- told "WS_PROTOCOLS"
  toCome <- newIORef . maybe (-1) read =<< lookupEnv "WS_RECEIVE"
  let headers = headersOf (("Origin", origin) : ("Sec-WebSocket-Protocol", protocols) : more)
      options = WS.defaultConnectionOptions { WS.connectionOnPong = say "pong \n" }
  WS.runClientWith host port path options headers (converse toCome) `catches`
    [ Handler $ \ended -> case ended of
        WS.CloseRequest code reason -> say ("closed " <> L.pack (show code) <> " - " <> reason <> "\n")
        other -> say ("failed " <> L.pack (show other) <> "\n")
    , Handler $ \other -> say ("failed " <> L.pack (show (other :: SomeException)) <> "\n") ]
